using Vexa.IntegrationTests.Drivers;
using Vexa.Runtime.Native;

namespace Vexa.IntegrationTests.Dispatches;

/// <summary>What a runner's definition asks to be walled off by is what its containers are walled off by.</summary>
public sealed class RunnerIsolationTests
{
    [Theory]
    [InlineData("runc", "gvisor")]
    [InlineData("gvisor", "runc")]
    public async Task A_runner_that_says_its_isolation_gets_it_and_one_that_does_not_gets_the_nodes(string node, string runner)
    {
        await using var stack = await RunningStack.Start(
            new Dictionary<string, string> { ["VEXA_ISOLATION"] = node },
            data => File.WriteAllText(Path.Combine(data, "runners", "walled.json"), RunningStack.ShellRunner("walled", runner)));

        Assert.Equal(runner, await KernelOf(stack, "walled"));
        Assert.Equal(node, await KernelOf(stack, "shell"));
    }

    // gVisor's own kernel says so in its first messages; those of a real one are not for an agent to read.
    private static async Task<string> KernelOf(RunningStack stack, string runner)
    {
        var log = await stack.Ask("dmesg 2>/dev/null | grep -q gVisor && echo gvisor || echo runc", runner: runner);
        Assert.True(log.Complete.Ok, log.Error?.Message);
        return log.Text.Trim();
    }
}
