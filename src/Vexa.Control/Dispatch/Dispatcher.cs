using Microsoft.Extensions.Logging;
using Vexa.Contracts;
using Vexa.Control.Receipts;
using Vexa.Control.Runs;
using Vexa.Identity;
using Vexa.Streams;
using Unit = Vexa.Contracts.Dispatch;

namespace Vexa.Control.Dispatch;

/// <summary>
/// The story of a dispatch. The numbers are those of <c>docs/flow-of-a-dispatch.md</c>:
/// <list type="number">
/// <item>a trigger arrives, its launcher authenticated</item>
/// <item>compose the dispatch and its one grant</item>
/// <item>record it by its idempotency key</item>
/// <item>mint the dispatch token</item>
/// <item>hand the workload to the runtime</item>
/// <item>(runtime) mounts, container</item>
/// <item>(door) attests the worker</item>
/// <item>(worker) runs the runner, events stream</item>
/// <item>(door) tool and model calls</item>
/// <item>(worker, door, <see cref="Workspaces.InternalEndpoints"/>) commit, bundle, trunk, bucket</item>
/// <item>(worker) turn-complete; wait for the next message; idle means exit</item>
/// <item>close: terminal frames, record, transcript</item>
/// </list>
/// </summary>
internal sealed partial class Dispatcher(
    Composer composer, RunJournal journal, LiveRuns live, UnitStream stream, UnitInbox inbox, TokenMint mint, RuntimeClient runtime,
    RunFollower follower, RunCloser closer, TimeProvider time, ILogger<Dispatcher> log)
{
    private static readonly TimeSpan SpawnTokenLifetime = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan LongestClosing = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LongestRemoval = TimeSpan.FromSeconds(30);
    private const int WaitSeconds = 25;

    /// <summary>
    /// Accepts a message: into the session's living container where there is one, else as a new dispatch. The same named turn again
    /// is the same turn. When this returns, the turn is recorded and its stream is open.
    /// </summary>
    /// <param name="resumes">The caller has events of the turn already, so it must be there.</param>
    /// <exception cref="VexaException">The rule that refuses it; nothing was stored.</exception>
    public async Task<AcceptedTurn> Dispatch(ChatRequest request, SubjectId subject, bool resumes, CancellationToken ct)
    {
        // 1. The launcher is authenticated: a person, over the API. What they send is checked before anything is stored.
        Composer.CheckPrompt(request.Prompt);
        var occurrence = DispatchIds.Of(subject, request.Session, request.TurnId);

        using var oneAtATime = await live.LockSession(occurrence.Session, ct);
        if (await FindKnown(occurrence, ct) is { } known)
            return known;

        if (resumes)
            throw new VexaException(Stage.Stream, Party.Caller, "cursor-turn", "There is a cursor, but no turn that it belongs to.", "Send turn_id as before to go on with a turn; leave Last-Event-ID out to begin one.");

        var session = await FindSession(request, subject, ct);
        if (session is not null && live.OfSession(session.Id) is { } running)
        {
            if (await Deliver(request, occurrence, running, ct) is { } warm)
                return warm;

            // Its container is on its way out. What it learnt of the session is recorded before the next one is composed.
            await AwaitStory(running, ct);
            session = await FindSession(request, subject, ct);
        }

        // 2. Compose, and compute the one grant.
        var dispatch = await composer.Compose(request, occurrence, subject, session, ct);
        var grant = Grant.Of(dispatch);

        // 3. Record it. From here on it is a fact; whatever fails later ends in a terminal frame. What cannot begin is not recorded.
        await stream.CheckHealth(ct);
        await runtime.RequireRoom(subject, ct);
        var run = new LiveRun(NewRun(dispatch, grant, occurrence, request), journal);
        if (!await journal.TryCreate(run.Run, ct))
            throw new VexaException(Stage.Record, Party.Caller, "dispatch-exists", "This turn was recorded by another request.", "Send it again: the same turn_id finds it.") { Status = 409 };

        try
        {
            await journal.SaveSession(new Session
            {
                Id = occurrence.Session,
                Subject = subject,
                Runner = dispatch.Runner,
                Workspaces = dispatch.Workspaces,
                RunnerSession = session?.RunnerSession,
                LastRun = dispatch.Id,
                UpdatedAt = time.GetUtcNow(),
            }, CancellationToken.None);
            await stream.Append(dispatch.Id, [new TurnAccepted(grant.Launcher.ToString()) { Turn = occurrence.Turn }], CancellationToken.None);
            await inbox.Push(dispatch.Id, new Prompt(occurrence.Turn, request.Prompt, grant.Launcher.ToString()), CancellationToken.None);
        }
        catch (VexaException outage)
        {
            // It is on record, so it gets its end on record, as soon as that can be written.
            live.Start(run, stop => Finish(run, follower.Follow(run, stop), outage, stop));
            throw;
        }

        live.Start(run, stop => Run(run, dispatch, grant, stop));
        return new AcceptedTurn(dispatch.Id, occurrence.Session, occurrence.Turn, After: 0);
    }

    /// <summary>Takes up the runs that a former process left open.</summary>
    public void Resume(IEnumerable<Run> runs)
    {
        foreach (var record in runs)
        {
            // What that process was about to record, nobody knows.
            var run = new LiveRun(record, journal) { MayLackWork = true };
            Resumed(log, record.Id);
            live.Start(run, stop => Finish(run, follower.Follow(run, stop), failure: null, stop));
        }
    }

    private async Task Run(LiveRun run, Unit dispatch, Grant grant, CancellationToken stop)
    {
        var following = follower.Follow(run, stop);
        VexaException? failure = null;
        try
        {
            // 4. Two tokens of one grant, each for one boundary.
            var dispatchToken = mint.Mint(grant, Audience.Door, TokenMint.Lifetime);
            var spawnToken = mint.Mint(grant, Audience.Runtime, SpawnTokenLifetime);

            // 5, 6. The runtime mounts and starts. It compares what it is asked for with what the token grants.
            var spec = await composer.Workload(dispatch, grant, stop);
            var status = await runtime.Create(new WorkloadCreate(spec, dispatchToken), spawnToken, stop);
            await run.Change(r => r with { State = RunState.Running, ImageDigest = status.ImageDigest }, stop);
        }
        catch (VexaException refused)
        {
            NotStarted(log, refused.InnerException ?? refused, dispatch.Id, refused.Rule);
            failure = refused;
        }

        // 7 to 11 take place between worker and door; what reaches control arrives at InternalEndpoints.
        await Finish(run, following, failure, stop);
    }

    // 12. Whatever happened to the container, every turn gets its one terminal frame and the run its record.
    private async Task Finish(LiveRun run, Task<RunReceipts> following, VexaException? failure, CancellationToken stop)
    {
        var end = failure is null ? await AwaitEnd(run, stop) : null;
        if (failure is not null)
            await StopWhatMayRun(run.Run.Id, stop);

        await closer.Close(run, following, end, failure, stop);
    }

    // The answer may have been lost though the container started. A runtime that was away is back soon, and has taken it over; one that is
    // not keeps nobody waiting for the end of the turn, and has its own deadline for the container.
    private async Task StopWhatMayRun(DispatchId id, CancellationToken stop)
    {
        for (var since = time.GetTimestamp(); ;)
        {
            try
            {
                await runtime.Stop(id, "cancelled", TimeSpan.Zero, stop);
                return;
            }
            catch (VexaException away) when (away.Rule == RuntimeClient.Unavailable && time.GetElapsedTime(since) < LongestClosing)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), time, stop);
            }
            catch (VexaException refused)
            {
                NotStopped(log, refused.InnerException ?? refused, id, refused.Rule);
                return;
            }
        }
    }

    private async Task<WorkloadStatus?> AwaitEnd(LiveRun run, CancellationToken stop)
    {
        var id = run.Run.Id;
        WorkloadStatus? stopped = null;
        var answers = true;
        while (true)
        {
            try
            {
                var status = await runtime.Wait(id, WaitSeconds, stop);
                answers = true;
                if (status is null or { State: WorkloadState.Destroyed } || (status.StoppedAt is { } at && time.GetUtcNow() - at > LongestRemoval))
                    return status ?? stopped;

                if (status.State == WorkloadState.Stopped)
                {
                    (stopped, run.IsEnding) = (status, true);
                    await Task.Delay(TimeSpan.FromMilliseconds(20), time, stop);
                }
            }
            catch (VexaException) when (stopped is not null)
            {
                // How it ended is known. What it leaves is removed by whichever runtime comes next.
                return stopped;
            }
            catch (VexaException outage)
            {
                // Away, or in trouble: either way the container's end is still to come.
                if (answers)
                    NoWord(log, id, outage.Rule);

                answers = false;
                await Task.Delay(TimeSpan.FromMilliseconds(200), time, stop);
            }
        }
    }

    private async Task<AcceptedTurn?> FindKnown(Occurrence occurrence, CancellationToken ct)
    {
        if (occurrence.Key is null)
            return null;

        if (journal.Knows(occurrence.Dispatch))
            return new AcceptedTurn(occurrence.Dispatch, occurrence.Session, occurrence.Turn, After: 0);

        return await journal.FindOccurrence(occurrence.Key, ct) is { } warm
            ? new AcceptedTurn(warm.Dispatch, occurrence.Session, warm.Turn, After: 0)
            : null;
    }

    private async Task<Session?> FindSession(ChatRequest request, SubjectId subject, CancellationToken ct)
    {
        if (request.Session is not { } id)
            return null;

        var session = await journal.FindSession(id, ct);
        if (session is null || session.Subject != subject)
            throw new VexaException(Stage.Compose, Party.Caller, "unknown-session", $"There is no session {id}.", "Leave session out to begin a new one.") { Status = 404 };

        if ((request.Runner is { } runner && runner != session.Runner)
            || (request.Workspaces is { } workspaces && !workspaces.SequenceEqual(session.Workspaces)))
            throw new VexaException(Stage.Compose, Party.Caller, "session-settings", "A session keeps its runner and its workspaces.", "Leave session out to begin a new one with these.") { Status = 409 };

        return session;
    }

    // The warm path: a running container takes the message, unless it closed its inbox meanwhile. Each step may be done twice without harm:
    // the same turn again, after an outage between them, goes on where it was cut short.
    private async Task<AcceptedTurn?> Deliver(ChatRequest request, Occurrence occurrence, LiveRun run, CancellationToken ct)
    {
        var (id, by) = (run.Run.Id, run.Run.Launcher.ToString());
        var known = run.Run.Turns.FirstOrDefault(t => t.Id == occurrence.Turn);
        var again = known is null ? null : new AcceptedTurn(id, occurrence.Session, occurrence.Turn, After: 0);
        using var hold = run.TryHold();
        if (hold is null || known?.Ok is not null)
            return again;

        var before = await stream.State(id, ct);
        if (before.Ended)
            return again;

        if (!await Wake(run, r => known is not null ? r : r with { Turns = [.. r.Turns, NewTurn(occurrence.Turn, request.Prompt)] }, ct))
            return again;

        var opened = await stream.Append(id, [new TurnAccepted(by) { Turn = occurrence.Turn }], CancellationToken.None);
        if (opened.Refused is null or "turn-exists" && await inbox.Push(id, new Prompt(occurrence.Turn, request.Prompt, by), CancellationToken.None))
        {
            if (occurrence.Key is not null)
                await journal.SaveOccurrence(occurrence.Key, new TurnOccurrence(id, occurrence.Turn), CancellationToken.None);

            return again ?? new AcceptedTurn(id, occurrence.Session, occurrence.Turn, before.Seq);
        }

        // The turn was opened here and goes on elsewhere: here it ends, unseen by its viewer, who follows the new dispatch.
        await stream.Append(id, [new TurnComplete(Ok: false) { Turn = occurrence.Turn }], CancellationToken.None);
        await run.Change(r => r with { Turns = [.. r.Turns.Where(t => t.Id != occurrence.Turn)] }, CancellationToken.None);
        await follower.TellIdle(run, CancellationToken.None);
        return null;
    }

    // Its idleness is taken back, and the turn is on record, at one go: whoever sees that the last turn has ended says before that it is idle,
    // or finds this one open and says nothing. One that was ended for its idleness just now is no living one.
    private Task<bool> Wake(LiveRun run, Func<Run, Run> record, CancellationToken ct) =>
        run.ChangeAfter(async r => r.Turns.All(t => t.Ok is null) || await runtime.SetIdle(r.Id, idle: false, ct), record, ct);

    private async Task AwaitStory(LiveRun run, CancellationToken ct)
    {
        try
        {
            await run.Story.WaitAsync(LongestClosing, time, ct);
        }
        catch (TimeoutException slow)
        {
            throw new VexaException(Stage.Record, Party.Operator, "session-closing", "The session's last container is still being closed.", "Send the message again in a moment.", slow);
        }
    }

    private Run NewRun(Unit dispatch, Grant grant, Occurrence occurrence, ChatRequest request) => new()
    {
        Id = dispatch.Id,
        Session = occurrence.Session,
        Subject = grant.Subject,
        Launcher = grant.Launcher,
        Runner = dispatch.Runner,
        Workspaces = grant.Workspaces,
        Tools = grant.Tools,
        Trigger = dispatch.Origin.Trigger,
        Limits = grant.Limits,
        State = RunState.Starting,
        Resumes = dispatch.Start.Session?.Ref,
        Container = WorkloadSpec.ContainerNameOf(dispatch.Id),
        CreatedAt = time.GetUtcNow(),
        Turns = [NewTurn(occurrence.Turn, request.Prompt)],
    };

    private RunTurn NewTurn(TurnId turn, string prompt) => new() { Id = turn, Prompt = prompt, AcceptedAt = time.GetUtcNow() };

    [LoggerMessage(Level = LogLevel.Error, Message = "dispatch {Dispatch} did not start: {Rule}")]
    private static partial void NotStarted(ILogger log, Exception cause, DispatchId dispatch, string rule);

    [LoggerMessage(Level = LogLevel.Error, Message = "dispatch {Dispatch} did not start, and whether its container runs is not known: {Rule}")]
    private static partial void NotStopped(ILogger log, Exception cause, DispatchId dispatch, string rule);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the end of dispatch {Dispatch} is waited for without word from the runtime: {Rule}")]
    private static partial void NoWord(ILogger log, DispatchId dispatch, string rule);

    [LoggerMessage(Level = LogLevel.Information, Message = "run {Run} was open when control stopped; taken up again")]
    private static partial void Resumed(ILogger log, DispatchId run);
}

/// <param name="After">The cursor before the turn's first event.</param>
internal sealed record AcceptedTurn(DispatchId Dispatch, SessionId Session, TurnId Turn, long After);
