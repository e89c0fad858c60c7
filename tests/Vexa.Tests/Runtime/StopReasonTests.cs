using Vexa.Runtime.Workloads;

namespace Vexa.Tests.Runtime;

public sealed class StopReasonTests
{
    [Theory]
    [InlineData(0, false, StopReason.Completed)]
    [InlineData(0, true, StopReason.Completed)]
    [InlineData(1, false, StopReason.Failed)]
    [InlineData(1, true, StopReason.Failed)]
    [InlineData(143, true, StopReason.Failed)]
    [InlineData(137, false, StopReason.Failed)]
    [InlineData(137, true, StopReason.Oom)]
    [InlineData(null, false, StopReason.Lost)]
    [InlineData(null, true, StopReason.Lost)]
    public void Out_of_memory_is_said_only_of_what_was_killed_for_it(int? exitCode, bool outOfMemory, StopReason reason) =>
        Assert.Equal(reason, Workload.ReasonOf(new ContainerEnd(exitCode, outOfMemory)));
}
