using System.Collections.Concurrent;
using System.Diagnostics;
using Vexa.Runtime.Workloads;

namespace Vexa.Bench;

/// <summary>Listens to the steps of starts, one start at a time.</summary>
internal sealed class StartStepLog : IDisposable
{
    private readonly ActivityListener _listener;
    private readonly ConcurrentDictionary<string, (long From, long To)> _steps = new();

    public StartStepLog()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == StartSteps.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.PropagationData,
            ActivityStarted = step => step.SetCustomProperty("from", Stopwatch.GetTimestamp()),
            ActivityStopped = step => _steps[step.OperationName] = ((long)step.GetCustomProperty("from")!, Stopwatch.GetTimestamp()),
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>The steps since the last call, each from and to which moment.</summary>
    public IReadOnlyDictionary<string, (long From, long To)> Take()
    {
        var steps = _steps.ToDictionary();
        _steps.Clear();
        return steps;
    }

    public void Dispose() => _listener.Dispose();
}
