using Microsoft.Extensions.Logging;
using Vexa.Contracts;
using Vexa.Control.Dispatch;
using Vexa.Control.Receipts;
using Vexa.Streams;

namespace Vexa.Control.Runs;

/// <summary>
/// Closes a run whose container is gone: a terminal frame for every turn that has none (I8), <c>end</c>, transcript, record. Each step
/// may be done twice without harm, so a step that fails is simply done again.
/// </summary>
internal sealed partial class RunCloser(UnitStream stream, UnitInbox inbox, Transcripts transcripts, LandedWork landed, RuntimeClient runtime, TimeProvider time, ILogger<RunCloser> log)
{
    private static readonly TimeSpan LongestHold = TimeSpan.FromSeconds(30);

    /// <param name="following">Keeps the record in step until the stream's end, and says what receipts are made of.</param>
    /// <param name="end">How the container ended; null where it never started or the runtime does not know it.</param>
    /// <param name="failure">Why it never started.</param>
    public async Task Close(LiveRun run, Task<RunReceipts> following, WorkloadStatus? end, VexaException? failure, CancellationToken stop)
    {
        var reason = failure is not null ? StopReason.StartFailed : end?.StopReason ?? StopReason.Lost;
        failure ??= Explain(reason, end?.ExitCode);
        await StopTaking(run, stop);
        await Durably.Do(async () =>
        {
            await inbox.CloseForGood(run.Run.Id, stop);
            // A message may open a turn between the two; then once more.
            do
                await EndOpenTurns(run, failure, stop);
            while ((await stream.Append(run.Run.Id, [new End(reason)], stop)).Refused == "turns-open");
        }, run.Run.Id, time, log, stop);
        using var receipts = await following;
        // A hung one has its end by now, but its record waits: what lands while it closes would be on no record.
        await run.StopTaking().WaitAsync(stop);
        if (run.MayLackWork)
            await landed.Recover(run, stop);

        await receipts.WriteRest(run.Run, stop);
        var output = await Output(run.Run.Id, stop);
        await Durably.Do(async () =>
        {
            await transcripts.Keep(run.Run.Id, stop);
            await transcripts.KeepOutput(run.Run.Id, output, stop);
            await run.Close(record => record with
            {
                State = RunState.Ended,
                EndedAt = time.GetUtcNow(),
                EndReason = reason,
                ExitCode = end?.ExitCode,
                // Open still, because the stream that would have told was lost.
                Turns = [.. record.Turns.Select(t => t.Ok is not null ? t : t with { Ok = false, CompletedAt = time.GetUtcNow(), Error = failure.Message, Hint = failure.Hint })],
            }, stop);
        }, run.Run.Id, time, log, stop);
    }

    // The runtime remembers it for a while only. One that is away has forgotten it.
    private async Task<string?> Output(DispatchId id, CancellationToken stop)
    {
        try
        {
            return await runtime.Logs(id, stop);
        }
        catch (VexaException away)
        {
            OutputLost(log, id, away.Rule);
            return null;
        }
    }

    // A message on its way in and a bundle on its way to the trunk come on record first. Every turn gets its end, even where one hangs.
    private async Task StopTaking(LiveRun run, CancellationToken stop)
    {
        try
        {
            await run.StopTaking().WaitAsync(LongestHold, time, stop);
        }
        catch (TimeoutException)
        {
            StillHeld(log, run.Run.Id, LongestHold.TotalSeconds);
        }
    }

    private async Task EndOpenTurns(LiveRun run, VexaException failure, CancellationToken stop)
    {
        // The record knows turns that the stream may not: when Redis was lost, or this process died between the two.
        foreach (var turn in (await stream.State(run.Run.Id, stop)).OpenTurns.Union(run.Run.Turns.Where(t => t.Ok is null).Select(t => t.Id)))
        {
            UnitEvent[] frames = [Error.From(failure) with { Turn = turn }, new TurnComplete(Ok: false) { Turn = turn }];
            var outcome = await stream.Append(run.Run.Id, frames, stop);
            if (outcome.Refused == "turn-unknown")
                await stream.Append(run.Run.Id, [new TurnAccepted(run.Run.Launcher.ToString()) { Turn = turn }, .. frames], stop);
        }
    }

    private static VexaException Explain(StopReason reason, int? exitCode) => reason switch
    {
        StopReason.Oom => new(Stage.Runner, Party.Agent, "oom", "The container ran out of memory and was ended.", "Give the agent a smaller task."),
        StopReason.Deadline => new(Stage.Runner, Party.Agent, "deadline", "The run reached its time limit and was ended.", "Send another message to go on, or raise wall_seconds."),
        StopReason.Cancelled => new(Stage.Runner, Party.Caller, "cancelled", "The run was cancelled.", "Send another message to go on."),
        StopReason.Lost => new(Stage.Runner, Party.Vexa, "lost", "The container was lost.", "Send the message again; committed work is kept."),
        _ => new(Stage.Runner, Party.Vexa, "worker-ended", $"The container ended in the middle of the turn{(exitCode is { } code ? $" (exit code {code})" : "")}.",
            "Send the message again; committed work is kept. See: vexa logs"),
    };

    [LoggerMessage(Level = LogLevel.Warning, Message = "run {Run}: what its container wrote is lost: {Rule}")]
    private static partial void OutputLost(ILogger log, DispatchId run, string rule);

    [LoggerMessage(Level = LogLevel.Error, Message = "the turns of run {Run} are ended though something is under way for it since {Seconds} s")]
    private static partial void StillHeld(ILogger log, DispatchId run, double seconds);
}
