using Vexa.Docker;
using Vexa.Runtime.Docker;

namespace Vexa.Tests.Runtime;

public sealed class DockerFitnessTests
{
    private static readonly EngineVersion Version = new() { Version = "20.10.24+dfsg1", ApiVersion = "1.41" };

    private static readonly EngineInfo Info = new()
    {
        OsType = "linux",
        CgroupDriver = "cgroupfs",
        MemoryLimit = true,
        CpuCfsQuota = true,
        PidsLimit = true,
        SecurityOptions = ["name=apparmor", "name=seccomp,profile=default"],
        Runtimes = new Dictionary<string, EngineRuntime> { ["runc"] = new("runc", Args: null), ["runsc"] = new("/usr/bin/runsc", ["--host-uds=open", "--network=none"]) },
    };

    [Fact]
    public void An_engine_that_can_do_it_all_is_fit()
    {
        Assert.Empty(DockerFitness.Judge(Version, Info, Isolation.Runc));
        Assert.Empty(DockerFitness.Judge(Version, Info, Isolation.Gvisor));
        Assert.Empty(DockerFitness.Judge(Version with { Version = "28.2.2" }, Info with { CgroupDriver = "systemd", SecurityOptions = ["name=seccomp,profile=builtin", "name=cgroupns"] }, Isolation.Runc));
    }

    /// <summary>Programs of a current C library cannot start a thread under a filter of ours there.</summary>
    [Theory]
    [InlineData("20.10.5+dfsg1", true)]
    [InlineData("20.10.9", true)]
    [InlineData("20.10.10", false)]
    [InlineData("24.0.7", false)]
    [InlineData("dev", false)]
    internal void An_engine_whose_filters_know_no_error_number_is_not(string version, bool unfit) =>
        Assert.Equal(unfit, DockerFitness.Judge(Version with { Version = version }, Info, Isolation.Runc).Any(f => f is { Name: "engine", Wrong: true }));

    [Theory]
    [InlineData("20.10.10", "CVE-2022-24769, CVE-2022-36109, CVE-2026-41567, CVE-2026-41568, CVE-2026-42306")]
    [InlineData("20.10.14", "CVE-2022-36109, CVE-2026-41567, CVE-2026-41568, CVE-2026-42306")]
    [InlineData("20.10.24+dfsg1", "CVE-2026-41567, CVE-2026-41568, CVE-2026-42306")]
    [InlineData("25.0.16", "CVE-2026-41567, CVE-2026-41568, CVE-2026-42306")]
    [InlineData("25.0.17", null)]
    [InlineData("26.0.0", "CVE-2026-41567, CVE-2026-41568, CVE-2026-42306")]
    [InlineData("29.5.0", "CVE-2026-41567, CVE-2026-41568, CVE-2026-42306")]
    [InlineData("29.5.1", null)]
    [InlineData("dev", null)]
    internal void A_weak_version_is_named_with_its_advisories_and_still_used(string version, string? known)
    {
        var finding = DockerFitness.Weaknesses(Version with { Version = version }).SingleOrDefault();
        Assert.Equal(known is null ? null : $"{version}: {known}", finding?.What);
        Assert.False(finding?.Wrong ?? false);
    }

    [Fact]
    public void An_engine_that_lacks_a_wall_is_not()
    {
        Unfit("cgroups", Info with { MemoryLimit = false });
        Unfit("cgroups", Info with { CpuCfsQuota = false });
        Unfit("cgroups", Info with { PidsLimit = false });
        Unfit("cgroups", Info with { CgroupDriver = "none" });
        Unfit("seccomp", Info with { SecurityOptions = ["name=apparmor"] });
        Unfit("seccomp", Info with { SecurityOptions = null });
        Unfit("users", Info with { SecurityOptions = ["name=seccomp,profile=default", "name=userns"] });
        Unfit("users", Info with { SecurityOptions = ["name=seccomp,profile=default", "name=rootless"] });
        Unfit("engine", Info with { OsType = "windows" });

        static void Unfit(string name, EngineInfo info) => Assert.Equal([(name, true)], DockerFitness.Judge(Version, info, Isolation.Runc).Select(f => (f.Name, f.Wrong)));
    }

    [Fact]
    public void Gvisor_needs_a_runtime_of_the_engine_that_lets_the_door_be_reached()
    {
        Unfit(Info with { Runtimes = null });
        Unfit(Info with { Runtimes = new Dictionary<string, EngineRuntime> { ["runc"] = new("runc", Args: null) } });
        Unfit(Info with { Runtimes = new Dictionary<string, EngineRuntime> { ["runsc"] = new("/usr/bin/runsc", ["--network=none"]) } });
        // An engine that does not tell: a start shows it.
        Assert.Empty(DockerFitness.Judge(Version, Info with { Runtimes = new Dictionary<string, EngineRuntime> { ["runsc"] = new("/usr/bin/runsc", Args: null) } }, Isolation.Gvisor));

        static void Unfit(EngineInfo info)
        {
            var finding = Assert.Single(DockerFitness.Judge(Version, info, Isolation.Gvisor));
            Assert.Equal(("gvisor", true), (finding.Name, finding.Wrong));
            Assert.Contains("--host-uds=open", finding.Mend, StringComparison.Ordinal);
            Assert.Empty(DockerFitness.Judge(Version, info, Isolation.Runc));
        }
    }
}
