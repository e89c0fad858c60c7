using System.Text.Json;
using Vexa.Runtime.Http;
using Vexa.Runtime.Workloads;
using Vexa.Schemas;

namespace Vexa.Tests.Runtime;

public sealed class RuntimeRulesTests
{
    private static readonly WorkloadSpec Good = new()
    {
        Id = Id.Parse<DispatchId>("d-1"),
        Image = "agent",
        Argv = ["/bin/true"],
        Env = new Dictionary<string, string> { ["A_1"] = "two\nlines" },
        Mounts = [Mount(AccessMode.Rw)],
        Limits = new WorkloadLimits(),
    };

    private static readonly NodeSize Node = new(4, 8192, 24_576);

    public static TheoryData<string, WorkloadSpec> Bad => new()
    {
        { "kind", Good with { Kind = WorkloadKind.Browser } },
        { "image", Good with { Image = "../agent" } },
        { "argv", Good with { Argv = [] } },
        { "argv", Good with { Argv = ["true"] } },
        { "argv", Good with { Argv = ["/bin/true", "a\0b"] } },
        { "env", Good with { Env = new Dictionary<string, string> { ["A=B"] = "" } } },
        { "env", Good with { Env = new Dictionary<string, string> { ["A\nB"] = "" } } },
        { "at most", Good with { Env = Enumerable.Range(0, 5).ToDictionary(i => $"A{i}", _ => new string('x', 120_000)) } },
        { "mounts", Good with { Mounts = [Mount(AccessMode.Rw), Mount(AccessMode.Ro)] } },
        { "path", Good with { Mounts = [Mount(AccessMode.Rw) with { Path = "/etc" }] } },
        { "path", Good with { Mounts = [Mount(AccessMode.Rw) with { Path = "/workspaces/notes/../../etc" }] } },
        { "commit", Good with { Mounts = [Mount(AccessMode.Rw) with { Commit = "main" }] } },
        { "commit", Good with { Mounts = [Mount(AccessMode.Rw) with { Commit = "../../../../../../../../../../../../etc/x" }] } },
        { "cpu", Good with { Limits = new WorkloadLimits { Cpu = 0 } } },
        { "memory", Good with { Limits = new WorkloadLimits { MemoryMb = -1 } } },
        { "has 4", Good with { Limits = new WorkloadLimits { Cpu = 4.5 } } },
        { "has 8192", Good with { Limits = new WorkloadLimits { MemoryMb = 8193 } } },
        { "has 8192", Good with { Limits = new WorkloadLimits { TmpfsMb = 1_000_000 } } },
        { "has 24576", Good with { Limits = new WorkloadLimits { Pids = 24_577 } } },
        { "131071 bytes", Good with { Argv = ["/bin/true", new string('é', 70_000)] } },
        { "131071 bytes", Good with { Env = new Dictionary<string, string> { ["A"] = new string('x', 131_070) } } },
        { "pids", Good with { Limits = new WorkloadLimits { Pids = 0 } } },
        { "tmpfs", Good with { Limits = new WorkloadLimits { TmpfsMb = 0 } } },
        { "wall", Good with { Limits = new WorkloadLimits { WallSeconds = 86_401 } } },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void A_spec_that_asks_for_what_there_is_not_is_refused(string named, WorkloadSpec spec)
    {
        // As it comes in: by its contract first, then by what the contract cannot say.
        var sent = JsonSerializer.SerializeToUtf8Bytes(new WorkloadCreate(spec, "a.b.c"), VexaJson.Default.WorkloadCreate);
        var refused = Record.Exception(() => SpecRules.Check(Contract.Read(sent, VexaJson.Default.WorkloadCreate).Spec, Node));
        Assert.True(refused is ContractException or VexaException { Rule: "workload-spec", Status: 400 });
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_defaults_pass_on_a_node_that_is_smaller() => SpecRules.Check(Good, new NodeSize(1, 1024, 192));

    [Fact]
    public void A_good_spec_passes() => SpecRules.Check(Good, Node);

    [Theory]
    [InlineData(AccessMode.Rw, AccessMode.Rw, true)]
    [InlineData(AccessMode.Rw, AccessMode.Ro, true)]
    [InlineData(AccessMode.Ro, AccessMode.Ro, true)]
    [InlineData(AccessMode.Ro, AccessMode.Rw, false)]
    public void A_mount_may_be_narrower_than_its_grant_and_never_wider(AccessMode granted, AccessMode mounted, bool admitted)
    {
        var check = Record.Exception(() => Admission.Admit(Good with { Mounts = [Mount(mounted)] }, Claims("d-1", granted)));
        Assert.Equal(admitted ? null : "mount-not-granted", (check as VexaException)?.Rule);
    }

    [Fact]
    public void A_token_of_another_dispatch_starts_nothing() =>
        Assert.Equal("dispatch-mismatch", Assert.Throws<VexaException>(() => Admission.Admit(Good, Claims("d-2", AccessMode.Rw))).Rule);

    [Fact]
    public void Whatever_it_says_of_its_subject_it_is_the_tokens()
    {
        var claims = Claims("d-1", AccessMode.Rw);
        var labels = new Dictionary<string, string> { ["team"] = "red" };
        var named = new Dictionary<string, string>(labels) { [WorkloadSpec.SubjectLabel] = "ann" };
        Assert.Equal(named, Admission.Admit(Good with { Labels = labels }, claims).Labels);
        Assert.Equal(named, Admission.Admit(Good with { Labels = named }, claims).Labels);
        var another = Good with { Labels = new Dictionary<string, string> { [WorkloadSpec.SubjectLabel] = "bob" } };
        Assert.Equal("subject-mismatch", Assert.Throws<VexaException>(() => Admission.Admit(another, claims)).Rule);
    }

    private static WorkloadMount Mount(AccessMode mode) => new(Id.Parse<WorkspaceId>("notes"), "/workspaces/notes", mode, new string('a', 40));

    private static DispatchClaims Claims(string dispatch, AccessMode mode) => new()
    {
        Iss = "vexa",
        Aud = Audience.Runtime,
        Sub = "ann",
        Act = new Actor("user:ann"),
        Jti = "j",
        Iat = 1,
        Exp = 2,
        Dispatch = Id.Parse<DispatchId>(dispatch),
        Workspaces = [new WorkspaceAccess(Id.Parse<WorkspaceId>("notes"), mode)],
        Tools = [],
    };
}
