using Vexa.Cli.Rootless;
using Vexa.Runtime.Native;
using Vexa.Runtime.Oci;

namespace Vexa.Tests.Cli;

public sealed class RootlessTests
{
    private static readonly RootlessFacts Fit = new()
    {
        User = "dev",
        Kernel = new Version(6, 12, 1),
        UserNamespaces = true,
        AppArmorRestricts = false,
        MissingTools = [],
        SubordinateUsers = 65_536,
        SubordinateGroups = 65_536,
        OpenFiles = 16_384,
        Layout = CgroupLayout.V2,
        Group = "/user.slice/user-1000.slice/user@1000.service/app.slice/run-1.scope",
        GroupIsOwn = true,
        GroupControllers = ["cpu", "io", "memory", "pids"],
        OtherProcesses = 0,
        RunFolder = "/dev/shm/vexa-1000/a",
        RunFolderOnTmpfs = true,
        ClosedFolder = null,
        Backend = "oci",
        Isolation = Isolation.Runc,
    };

    private static readonly Dictionary<string, (RootlessFacts Facts, string What, string Mend)> Cases = new()
    {
        ["kernel"] = (Fit with { Kernel = new Version(6, 1, 0) }, "Linux 6.1", "newer kernel"),
        ["namespaces"] = (Fit with { UserNamespaces = false }, "no user namespace", "sysctl"),
        ["apparmor"] = (Fit with { AppArmorRestricts = true }, "AppArmor", "apparmor_restrict_unprivileged_userns=0"),
        ["tools"] = (Fit with { MissingTools = ["newuidmap"] }, "newuidmap", "apt-get install uidmap"),
        ["users"] = (Fit with { SubordinateUsers = 65_535 }, "65535 subordinate ids", "usermod --add-subuids"),
        ["groups"] = (Fit with { SubordinateGroups = 0 }, "0 subordinate ids", "--add-subgids"),
        ["files"] = (Fit with { OpenFiles = 4096 }, "may open 4096 files", "nofile"),
        ["layout"] = (Fit with { Layout = CgroupLayout.Hybrid, GroupIsOwn = false }, "version 2", "systemd.unified_cgroup_hierarchy=1"),
        ["group"] = (Fit with { GroupIsOwn = false }, "is not this user's", "systemd-run --user --scope -p Delegate=yes"),
        ["controllers"] = (Fit with { GroupControllers = ["pids"] }, "no cpu, memory", "Delegate=cpu memory pids"),
        ["company"] = (Fit with { OtherProcesses = 2 }, "2 other processes", "systemd-run"),
        ["disk"] = (Fit with { RunFolderOnTmpfs = false }, "on a disk", "VEXA_RUN"),
        ["closed"] = (Fit with { ClosedFolder = "/run/user/1000" }, "/run/user/1000", "/dev/shm"),
        ["docker"] = (Fit with { Backend = "docker" }, "Docker", "VEXA_BACKEND"),
        ["gvisor"] = (Fit with { Isolation = Isolation.Gvisor }, "gVisor", "VEXA_ISOLATION"),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Fact]
    public void A_user_who_has_all_of_it_needs_no_root() => Assert.Empty(RootlessJudge.Judge(Fit));

    [Theory]
    [MemberData(nameof(Names))]
    public void What_is_missing_is_told_with_its_mend(string name)
    {
        var (facts, what, mend) = Cases[name];
        var fault = Assert.Single(RootlessJudge.Judge(facts));

        Assert.Contains(what, fault.What, StringComparison.Ordinal);
        Assert.Contains(mend, fault.Mend, StringComparison.Ordinal);
    }

    [Fact]
    public void Everything_that_is_missing_is_told_at_once() =>
        Assert.Equal(3, RootlessJudge.Judge(Fit with { UserNamespaces = false, SubordinateUsers = 0, GroupIsOwn = false }).Count());

    [Theory]
    [InlineData("dev:100000:65536", 65_536)]
    [InlineData("1000:100000:70000", 70_000)]
    [InlineData("other:100000:65536", 0)]
    [InlineData("dev:100000:many", 0)]
    public void Subordinate_ids_are_those_of_the_user_by_name_or_number(string line, long count) =>
        Assert.Equal(count, RootlessFacts.Subordinate(["# comment", line], "dev", "1000"));

    [Theory]
    [InlineData("Max open files            1024                 524288               files", 524_288)]
    [InlineData("Max open files            1024                 unlimited            files", long.MaxValue)]
    public void The_limit_of_open_files_is_the_hard_one(string line, long limit) =>
        Assert.Equal(limit, RootlessFacts.HardLimit(["Max locked memory         8192   8192   bytes", line], "Max open files"));

    [Theory]
    [InlineData("         0          0 4294967295", false)]
    [InlineData("         0       1000          1", true)]
    public void Root_of_a_namespace_is_told_from_root_of_the_machine(string map, bool inside) => Assert.Equal(inside, UserNamespace.IsMapped([map]));
}
