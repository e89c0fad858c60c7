using Microsoft.Extensions.Logging;
using Vexa.Contracts;

namespace Vexa.Control.Runs;

/// <summary>
/// Steps that must happen, and may happen twice: done again, ever more slowly, while Redis is away or the disk is full. What a run came
/// to does not depend on the machine's state; its record waits.
/// </summary>
internal static partial class Durably
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private const int MostTries = 8;

    /// <exception cref="OperationCanceledException">This process stops; the next one takes it up.</exception>
    public static async Task Do(Func<Task> step, DispatchId run, TimeProvider time, ILogger log, CancellationToken stop)
    {
        for (var pause = FirstPause; ; pause = pause < LongestPause ? pause * 2 : pause)
        {
            try
            {
                await step();
                return;
            }
            catch (VexaException outage) when (outage.Party is Party.Operator or Party.Vexa)
            {
                NotYet(log, outage.InnerException ?? outage, run, outage.Rule);
                await Task.Delay(pause, time, stop);
            }
        }
    }

    /// <summary>A step that should happen, and must not keep what comes after it: done again a few times where only the machine is in the way.</summary>
    /// <returns>Why it was given up, whatever that is: what fails may be a damaged workspace. Null where it happened.</returns>
    /// <exception cref="OperationCanceledException">This process stops.</exception>
    public static async Task<Exception?> Try(Func<Task> step, TimeProvider time, CancellationToken stop)
    {
        for (var (tries, pause) = (1, FirstPause); ; (tries, pause) = (tries + 1, pause * 2))
        {
            try
            {
                await step();
                return null;
            }
            catch (VexaException outage) when (outage.Party is Party.Operator or Party.Vexa && tries < MostTries)
            {
                await Task.Delay(pause, time, stop);
            }
            catch (Exception fault) when (!stop.IsCancellationRequested)
            {
                return fault;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "run {Run} is not on record yet: {Rule}")]
    private static partial void NotYet(ILogger log, Exception cause, DispatchId run, string rule);
}
