using Vexa.Cli.Setup;

namespace Vexa.Tests.Cli;

public sealed class DoctorTests
{
    [Theory]
    [InlineData("runc version 1.1.5\ncommit: v1.1.5-0-gf19387a6\n", Verdict.Warn)]
    [InlineData("runc version 1.1.5+ds1\ncommit: 1.1.5+ds1-1+b2\n", Verdict.Warn)]
    [InlineData("runc version 1.1.5+ds1\ncommit: 1.1.5+ds1-1+deb12u1\nspec: 1.0.2-dev\n", Verdict.Ok)]
    [InlineData("runc version 1.0.0\ncommit: 1.0.0-1+deb12u1\n", Verdict.Warn)]
    [InlineData("runc version 1.1.12\ncommit: v1.1.12\n", Verdict.Ok)]
    [InlineData("runc version 1.2.7\n", Verdict.Warn)]
    [InlineData("runc version 1.3.3\n", Verdict.Ok)]
    [InlineData("something else", Verdict.Warn)]
    internal void A_runc_with_a_known_escape_is_told_with_its_advisory(string said, Verdict verdict)
    {
        var finding = RuncVersion.Judge(said);

        Assert.Equal(verdict, finding.Verdict);
        Assert.Equal(verdict == Verdict.Warn, finding.Mend is not null);
    }

    [Fact]
    public void The_advisory_is_named() => Assert.Contains("CVE-2024-21626", RuncVersion.Judge("runc version 1.1.11").Detail, StringComparison.Ordinal);

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
        Assert.Equal(Prerequisite.All.SelectMany(tool => tool.Packages).Distinct(), Installation.PackagesFor(Prerequisite.All));
}
