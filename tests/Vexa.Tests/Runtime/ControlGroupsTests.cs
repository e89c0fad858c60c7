using Vexa.Runtime.Oci;

namespace Vexa.Tests.Runtime;

public sealed class ControlGroupsTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("vexa-cgroups-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData(32_768, 192_730, 24_576)]
    [InlineData(4_194_304, 7_000, 5_250)]
    public void All_containers_together_leave_the_host_a_quarter_of_what_the_kernel_takes(long pids, long threads, int most) => Assert.Equal(most, SharedGroup.Share(pids, threads));

    [Fact]
    public void One_hierarchy_for_all_is_version_2()
    {
        File.WriteAllText($"{_root}/cgroup.controllers", "cpuset cpu io memory pids\n");
        var groups = ControlGroups.Read(_root);

        Assert.Equal(CgroupLayout.V2, groups.Layout);
        Assert.Empty(groups.Missing);
        Assert.Null(OciFitness.FindFault("crun", groups));
        Assert.Null(OciFitness.FindFault("runc", groups));
    }

    [Fact]
    public void A_controller_that_the_kernel_does_not_offer_is_named()
    {
        File.WriteAllText($"{_root}/cgroup.controllers", "cpu pids\n");
        var fault = OciFitness.FindFault("runc", ControlGroups.Read(_root));

        Assert.Equal("cgroups-controllers", fault?.Rule);
        Assert.Contains("memory", fault?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_hierarchy_a_controller_is_version_1_which_every_engine_knows()
    {
        MakeVersion1();
        var groups = ControlGroups.Read(_root);

        Assert.Equal(CgroupLayout.V1, groups.Layout);
        Assert.Null(OciFitness.FindFault("crun", groups));
    }

    [Fact]
    public void Crun_is_refused_on_both_versions_at_once_and_runc_is_not()
    {
        MakeVersion1();
        Directory.CreateDirectory($"{_root}/unified");
        File.WriteAllText($"{_root}/unified/cgroup.procs", "");
        var groups = ControlGroups.Read(_root);

        Assert.Equal(CgroupLayout.Hybrid, groups.Layout);
        Assert.Equal("crun-hybrid", OciFitness.FindFault("crun", groups)?.Rule);
        Assert.Equal("crun-hybrid", OciFitness.FindFault("/opt/bin/crun", groups)?.Rule);
        Assert.Null(OciFitness.FindFault("runc", groups));
    }

    [Fact]
    public void None_at_all_is_refused()
    {
        Assert.Equal("cgroups-missing", OciFitness.FindFault("runc", ControlGroups.Read(_root))?.Rule);
    }

    private void MakeVersion1()
    {
        foreach (var controller in new[] { "cpu", "memory", "pids" })
            Directory.CreateDirectory($"{_root}/{controller}");
    }
}
