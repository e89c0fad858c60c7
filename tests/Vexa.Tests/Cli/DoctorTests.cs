using Vexa.Cli.Setup;
using Vexa.Cli.Stack;
using Vexa.Runtime.Docker;

namespace Vexa.Tests.Cli;

public sealed class DoctorTests
{
    [Theory]
    [InlineData("runc", "runc version 1.1.5\ncommit: v1.1.5-0-gf19387a6\n", "CVE-2024-21626, CVE-2025-31133, CVE-2025-52565, CVE-2025-52881")]
    [InlineData("runc", "runc version 1.1.5+ds1\ncommit: 1.1.5+ds1-1+b2\n", "CVE-2024-21626, CVE-2025-31133, CVE-2025-52565, CVE-2025-52881")]
    [InlineData("runc", "runc version 1.1.5+ds1\ncommit: 1.1.5+ds1-1+deb12u1\nspec: 1.0.2-dev\n", "CVE-2025-31133, CVE-2025-52565, CVE-2025-52881")]
    [InlineData("runc", "runc version 1.0.0\ncommit: 1.0.0-1+deb12u1\n", "CVE-2024-21626, CVE-2025-31133, CVE-2025-52565, CVE-2025-52881")]
    [InlineData("runc", "runc version 1.1.12\n", "CVE-2025-31133, CVE-2025-52565, CVE-2025-52881")]
    [InlineData("runc", "runc version 1.2.7\n", "CVE-2025-31133, CVE-2025-52565, CVE-2025-52881")]
    [InlineData("runc", "runc version 1.2.8\n", null)]
    [InlineData("runc", "runc version 1.3.2\n", "CVE-2025-31133, CVE-2025-52565, CVE-2025-52881")]
    [InlineData("runc", "runc version 1.3.3\n", null)]
    [InlineData("runc", "runc version 1.4.0-rc.2\n", "CVE-2025-31133, CVE-2025-52565, CVE-2025-52881")]
    [InlineData("runc", "runc version 1.4.0-rc.3\n", null)]
    [InlineData("runc", "runc version 1.4.0\n", null)]
    [InlineData("crun", "crun version 1.8.1\ncommit: f8a096be\n", "CVE-2025-24965, CVE-2026-88264, CVE-2026-88265")]
    [InlineData("crun", "crun version 1.20\n", "CVE-2026-88264, CVE-2026-88265")]
    [InlineData("crun", "crun version 1.29.1\n", "CVE-2026-88264, CVE-2026-88265")]
    [InlineData("crun", "crun version 1.30\n", null)]
    [InlineData("runsc", "runsc version 0.0~20221219.0\nspec: 1.0.2-dev\n", "CVE-2025-2713")]
    [InlineData("runsc", "runsc version release-20250311.0\n", "CVE-2025-2713")]
    [InlineData("runsc", "runsc version release-20250319.0\nspec: 1.1.0-rc.1\n", null)]
    internal void What_runs_containers_is_told_with_the_advisories_of_its_version(string program, string said, string? advisories)
    {
        var finding = EngineVersion.Judge(program, said);

        Assert.Equal(advisories is null ? Verdict.Ok : Verdict.Warn, finding.Verdict);
        if (advisories is null)
            return;
        Assert.EndsWith($": {advisories}", finding.Detail, StringComparison.Ordinal);
        Assert.Contains(advisories, finding.Mend, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("runc")]
    [InlineData("crun")]
    [InlineData("runsc")]
    public void A_version_that_cannot_be_read_is_told(string program) => Assert.Equal(Verdict.Warn, EngineVersion.Judge(program, "something else").Verdict);

    [Fact]
    public void The_engine_that_is_set_is_needed_and_no_other()
    {
        static IEnumerable<string> Needed(params (string Name, string Value)[] settings) =>
            Prerequisite.ForStack(StackOptions.From(name => settings.FirstOrDefault(setting => setting.Name == name).Value, listen: null)).Select(tool => tool.Command).Where(EngineVersion.Judges);

        Assert.Equal(["runc"], Needed());
        Assert.Equal(["crun"], Needed(("VEXA_OCI_RUNTIME", "crun")));
        Assert.Equal([], Needed(("VEXA_OCI_RUNTIME", "/opt/crun")));
        Assert.Equal(["runc", "runsc"], Needed(("VEXA_ISOLATION", "gvisor")));
        Assert.Equal([], Needed(("VEXA_BACKEND", "docker")));
    }

    [Theory]
    [InlineData("4.19.0-6-amd64", Verdict.Wrong)]
    [InlineData("5.3.0", Verdict.Ok)]
    [InlineData("6.12.1-cloud", Verdict.Ok)]
    internal void A_kernel_without_pidfd_is_told(string release, Verdict verdict) => Assert.Equal(verdict, MachineChecks.Kernel(release).Verdict);

    [Fact]
    public void A_file_where_the_data_folder_should_be_is_told()
    {
        var file = Path.GetTempFileName();
        Assert.Equal(Verdict.Wrong, MachineChecks.Data(file).Verdict);
        Assert.Equal(Verdict.Wrong, MachineChecks.Data(Path.Combine(file, "vexa", "data")).Verdict);
        File.Delete(file);
        Assert.Equal(Verdict.Ok, MachineChecks.Data(file).Verdict);
    }

    [Theory]
    [InlineData(0, 0, Verdict.Ok)]
    [InlineData(890, 1000, Verdict.Ok)]
    [InlineData(900, 1000, Verdict.Wrong)]
    internal void A_Redis_that_is_nearly_full_is_told(long used, long most, Verdict verdict) =>
        Assert.Equal(verdict, StackChecks.Memory($"# Memory\r\nused_memory:{used}\r\nused_memory_human:1M\r\nmaxmemory:{most}\r\n", "redis-cli").Verdict);

    [Fact]
    public void Who_is_not_root_and_has_no_sudo_is_told_what_to_do_as_root()
    {
        Assert.Contains("apt-get install git runc", Assert.Throws<VexaException>(() => Installation.CommandFor(["git", "runc"], root: false, sudo: null)).Hint, StringComparison.Ordinal);
        Assert.Equal("/usr/bin/sudo", Installation.CommandFor(["git"], root: false, sudo: "/usr/bin/sudo")[0]);
        Assert.Equal("/bin/sh", Installation.CommandFor(["git"], root: true, sudo: null)[0]);
    }

    [Fact]
    public void Packages_are_installed_once_each() =>
        Assert.Equal(Prerequisite.ForTests.SelectMany(tool => tool.Packages).Distinct(), Installation.PackagesFor(Prerequisite.ForTests));

    [Theory]
    [InlineData(false)]
    [InlineData(true, "VEXA_BACKEND=docker")]
    [InlineData(false, "VEXA_BACKEND=docker", "VEXA_DOCKER_HOST=unix:///run/other.sock")]
    public void Docker_is_installed_only_where_it_is_chosen_and_not_somebody_elses(bool installed, params string[] settings)
    {
        var options = StackOptions.From(name => settings.Select(s => s.Split('=')).FirstOrDefault(s => s[0] == name)?[1], listen: null);
        Assert.Equal(installed, Prerequisite.For(options).Any(tool => tool.Packages.Contains("docker.io")));
    }

    [Fact]
    public void An_engine_is_told_with_the_weakness_of_its_own_runc()
    {
        var findings = EngineChecks.Judge(new EngineReport("20.10.24", "1.41", "cgroupfs", LiveRestore: true, "runc version 1.1.11\ncommit: v1.1.11\n",
            [new EngineFinding("gvisor", "the engine has no runtime called runsc", "Add it.", Wrong: true)])).ToList();
        Assert.Equal([("engine", Verdict.Ok), ("gvisor", Verdict.Wrong), ("engine's runc", Verdict.Warn)], findings.Select(f => (f.Name, f.Verdict)));
        Assert.Contains("CVE-2024-21626", findings[2].Detail, StringComparison.Ordinal);
    }
}
