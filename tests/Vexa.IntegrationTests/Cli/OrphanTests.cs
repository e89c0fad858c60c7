using System.Text.Json.Nodes;
using Vexa.Cli.Stack;
using Vexa.Runtime.Native;
using Vexa.Runtime.Oci;

namespace Vexa.IntegrationTests.Cli;

/// <summary><c>vexa doctor --orphans</c>: what is left of a container that nobody cares for is listed, and its mend mends it.</summary>
public sealed class OrphanTests
{
    [Fact]
    public async Task What_is_left_of_a_container_is_listed_and_gone_after_what_the_doctor_says()
    {
        await using var stack = new OwnStack();
        await stack.Up();
        Assert.Equal((0, "There are no orphans.\n"), await Doctor(stack));

        var parent = new StackOptions { DataFolder = stack.Data, RunFolder = stack.Run }.CgroupParent;
        var group = Path.Combine(Cgroup.Folders(".").First(), parent, "vexa-agent-d-left");
        var scratch = Path.Combine(stack.Run, "scratch", "d-left");
        Directory.CreateDirectory(group);
        Directory.CreateDirectory(scratch);
        Vexa.Runtime.Native.Libc.Mount("tmpfs", scratch, "tmpfs", MountFlags.None, "size=1m");

        string[] expected = [$"cgroup {parent}/vexa-agent-d-left", $"mount {scratch}", $"scratch {scratch}"];
        var (exit, output) = await Doctor(stack);
        Assert.Equal(1, exit);
        Assert.Equal(expected, output.Split('\n', StringSplitOptions.RemoveEmptyEntries).SkipLast(1).Order(StringComparer.Ordinal));
        Assert.EndsWith("vexa down && vexa up --detach\n", output, StringComparison.Ordinal);
        var report = JsonNode.Parse((await stack.Vexa("doctor", "--orphans", "--json")).Output)!;
        Assert.Equal((false, expected.Length), ((bool)report["ok"]!, report["orphans"]!.AsArray().Count));

        Assert.Equal(0, (await stack.Vexa("down")).Exit);
        await stack.Up();
        Assert.Equal((0, "There are no orphans.\n"), await Doctor(stack));
        Assert.False(Directory.Exists(group));
        Assert.Empty(MountTable.At(scratch));
    }

    [Fact]
    public async Task Where_nothing_runs_and_nothing_was_left_there_are_none()
    {
        await using var stack = new OwnStack();
        Assert.Equal((0, "There are no orphans.\n"), await Doctor(stack));
        await stack.Up();
        Assert.Equal(0, (await stack.Vexa("down")).Exit);
        Assert.Equal((0, "There are no orphans.\n"), await Doctor(stack));
    }

    private static async Task<(int Exit, string Output)> Doctor(OwnStack stack)
    {
        var (exit, output, errors) = await stack.Vexa("doctor", "--orphans");
        Assert.Equal("", errors);
        return (exit, output);
    }
}
