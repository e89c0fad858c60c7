using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using Vexa.Docker.Containers;
using Vexa.Runtime.Docker;
using Vexa.Runtime.Images;
using Vexa.Runtime.Workloads;

namespace Vexa.Tests.Runtime;

public sealed class DockerSpecTests
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull };

    private static readonly DockerHost Host = new(Architecture.X64, "/run/vexa/1234", "vexa", SystemdOwnsCgroups: false);

    private static readonly WorkloadPlan Plan = new()
    {
        Spec = new WorkloadSpec
        {
            Id = Id.Parse<DispatchId>("d-1"),
            Image = "agent",
            Argv = ["/opt/vexa/vexa-worker"],
            Env = new Dictionary<string, string> { ["VEXA_ORDER"] = "{}" },
            Labels = new Dictionary<string, string> { ["team"] = "notes" },
            Limits = new WorkloadLimits { Cpu = 1.5 },
        },
        Isolation = Isolation.Runc,
        Image = new ImageLayers("agent", "sha256:0123456789abcdef", "/images/base", "/images/runners", "/images/worker"),
        DoorFolder = "/run/vexa/1234/door/d-1",
        TokenFolder = "/run/vexa/1234/scratch/d-1/token",
        Mounts =
        [
            new PlannedMount("/workspaces/notes", "/run/vexa/1234/scratch/d-1/merged/notes", Writable: true),
            new PlannedMount("/workspaces/wiki", "/run/vexa/1234/snapshots/wiki/c2", Writable: false),
        ],
    };

    /// <summary>Every change of a container's walls shows here, as a change of one document.</summary>
    [Fact]
    public void The_whole_body_is_the_golden_one()
    {
        var actual = JsonSerializer.Serialize(DockerSpec.Build(Plan, Host), Readable) + "\n";
        var golden = Path.Combine(Here(), "golden", "docker-create.json");
        if (Environment.GetEnvironmentVariable("VEXA_UPDATE_GOLDEN") == "1")
            File.WriteAllText(golden, actual);

        Assert.Equal(File.ReadAllText(golden), actual);
    }

    [Fact]
    public void The_labels_that_are_ours_are_never_a_specs()
    {
        var spec = Plan.Spec with
        {
            Labels = new Dictionary<string, string> { ["vexa.owner"] = "/another", ["vexa.dispatch"] = "d-2", ["vexa.kind"] = "browser", ["vexa.x"] = "y" },
        };
        Assert.Equal(
            [("vexa.dispatch", "d-1"), ("vexa.kind", "agent"), ("vexa.owner", "/run/vexa/1234"), ("vexa.x", "y")],
            DockerSpec.Build(Plan with { Spec = spec }, Host).Labels.Select(label => (label.Key, label.Value)));
    }

    [Fact]
    public void Gvisor_is_another_runtime_of_the_engine_with_room_for_its_own_threads()
    {
        var gvisor = DockerSpec.Build(Plan with { Isolation = Isolation.Gvisor }, Host).HostConfig;
        Assert.Equal(("runsc", 256 + 128), (gvisor.Runtime, gvisor.PidsLimit));
        Assert.Equal(DockerSpec.Build(Plan, Host).HostConfig.SecurityOpt, gvisor.SecurityOpt);
    }

    [Fact]
    public void Where_systemd_owns_control_groups_the_parent_is_a_slice_that_the_door_knows()
    {
        var parent = DockerSpec.Build(Plan, Host with { SystemdOwnsCgroups = true }).HostConfig.CgroupParent;
        Assert.Equal(@"vexa-agent\x2dd\x2d1.slice", parent);
        Assert.True(Vexa.Door.Listeners.Attestation.CgroupNames([$"0::/vexa.slice/{parent}/docker-1.scope"], Plan.Spec.ContainerName));
    }

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
