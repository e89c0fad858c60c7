using Microsoft.Extensions.Logging;
using Vexa.Contracts;
using Vexa.Streams;

namespace Vexa.Control.Runs;

/// <summary>
/// Closes a run whose container is gone: a terminal frame for every turn that has none (I8), <c>end</c>, transcript, record. Each step
/// may be done twice without harm, so a step that fails is simply done again.
/// </summary>
internal sealed partial class RunCloser(UnitStream stream, UnitInbox inbox, RunJournal journal, TimeProvider time, ILogger<RunCloser> log)
{
    private const int ReadAtOnce = 512;

    /// <param name="following">Keeps the record in step until the stream's end.</param>
    /// <param name="end">How the container ended; null where it never started or the runtime does not know it.</param>
    /// <param name="failure">Why it never started.</param>
    public async Task Close(LiveRun run, Task following, WorkloadStatus? end, VexaException? failure, CancellationToken stop)
    {
        var reason = failure is not null ? StopReason.StartFailed : end?.StopReason ?? StopReason.Lost;
        failure ??= Explain(reason, end?.ExitCode);
        await Persist(async () =>
        {
            await inbox.CloseForGood(run.Run.Id, stop);
            await EndOpenTurns(run, failure, stop);
            await stream.Append(run.Run.Id, [new End(Name(reason))], stop);
        }, run.Run.Id, stop);
        await following;
        await Persist(async () =>
        {
            var transcript = await ReadAll(run.Run.Id, stop);
            await journal.Close(run.Run with { State = RunState.Ended, EndedAt = time.GetUtcNow(), EndReason = Name(reason), ExitCode = end?.ExitCode }, transcript, stop);
        }, run.Run.Id, stop);
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

    private async Task<ReadOnlyMemory<byte>> ReadAll(DispatchId id, CancellationToken stop)
    {
        using var transcript = new MemoryStream();
        long after = 0;
        while (true)
        {
            var frames = await stream.Read(id, after, ReadAtOnce, stop);
            foreach (var frame in frames)
            {
                transcript.Write(frame.Json.Span);
                transcript.WriteByte((byte)'\n');
                after = frame.Seq;
            }

            if (frames.Count < ReadAtOnce)
                return transcript.ToArray();
        }
    }

    // The run is over whatever the machine's state; its record waits until Redis or the disk are back.
    private async Task Persist(Func<Task> step, DispatchId id, CancellationToken stop)
    {
        for (var pause = TimeSpan.FromMilliseconds(100); ; pause = pause < TimeSpan.FromSeconds(5) ? pause * 2 : pause)
        {
            try
            {
                await step();
                return;
            }
            catch (VexaException outage) when (outage.Party is Party.Operator or Party.Vexa)
            {
                NotClosedYet(log, outage.InnerException ?? outage, id, outage.Rule);
                await Task.Delay(pause, time, stop);
            }
        }
    }

    private static VexaException Explain(StopReason reason, int? exitCode) => reason switch
    {
        StopReason.Oom => new(Stage.Runner, Party.Agent, "oom", "The container ran out of memory and was ended.", "Give the agent a smaller task, or raise its memory limit."),
        StopReason.Deadline => new(Stage.Runner, Party.Agent, "deadline", "The run reached its time limit and was ended.", "Send another message to go on, or raise wall_seconds."),
        StopReason.Cancelled => new(Stage.Runner, Party.Caller, "cancelled", "The run was cancelled.", "Send another message to go on."),
        StopReason.Lost => new(Stage.Runner, Party.Vexa, "lost", "The container was lost.", "Send the message again; committed work is kept."),
        _ => new(Stage.Runner, Party.Vexa, "worker-ended", $"The container ended in the middle of the turn{(exitCode is { } code ? $" (exit code {code})" : "")}.",
            "Send the message again; committed work is kept. See: vexa logs"),
    };

    private static string Name(StopReason reason) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(reason.ToString());

    [LoggerMessage(Level = LogLevel.Warning, Message = "run {Run} is not closed yet: {Rule}")]
    private static partial void NotClosedYet(ILogger log, Exception cause, DispatchId run, string rule);
}
