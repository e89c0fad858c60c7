using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Vexa.Contracts;
using Vexa.Runtime.Mounts;
using Vexa.Runtime.Native;

namespace Vexa.Runtime.Workloads;

/// <param name="Reason">Why, as the status will tell it.</param>
/// <param name="Grace">How long it may take to end by itself.</param>
internal sealed record StopRequest(StopReason Reason, TimeSpan Grace);

/// <summary>
/// One container from its creation to its removal. <see cref="Run"/> is its whole life, as one method that nobody else has a hand
/// in: others ask for its end, and wait.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A token source without timer or wait handle holds nothing, and may be cancelled at any time.")]
internal sealed partial class Workload
{
    private const int Killed = 128 + Libc.SigKill;
    private static readonly TimeSpan KillBound = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan DeadlineGrace = TimeSpan.FromSeconds(2);

    // A worker that does as it is told ends itself when it has been idle for long enough. This is for the others.
    private static readonly TimeSpan IdleMargin = TimeSpan.FromSeconds(5);

    private readonly WorkloadRecord _record;
    private readonly Resources _resources;
    private readonly Reaper _reaper;
    private readonly IWorkloadBackend _backend;
    private readonly TimeProvider _time;
    private readonly ILogger<Workload> _log;
    private readonly Lock _lock = new();
    private readonly List<SnapshotKey> _held = [];
    private readonly EventLog _events;
    private readonly Capacity.Place _place;
    private readonly ITimer _idle;
    private readonly TaskCompletionSource<WorkloadStatus> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<StopRequest> _stopAsked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _starting = new();
    private WorkloadStatus _status;
    private DateTimeOffset? _idleSince;
    private bool _isOnRecord;
    private BackendContainer? _container;
    private byte[] _lastOutput = [];

    public Workload(WorkloadSpec spec, Capacity.Place place, RuntimeFolder folder, Resources resources, Reaper reaper, IWorkloadBackend backend, string node, EventLog events, TimeProvider time, ILogger<Workload> log)
    {
        Spec = spec;
        (_record, _place, _resources, _reaper, _backend, _events, _time, _log) = (new WorkloadRecord(folder, spec.Id), place, resources, reaper, backend, events, time, log);
        _idle = time.CreateTimer(_ => EndIfIdle(), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _status = new WorkloadStatus { Id = spec.Id, State = WorkloadState.Starting, Backend = backend.Name, Node = node };
    }

    public WorkloadSpec Spec { get; }

    /// <summary>Completes when the container runs; fails with the reason where it could not be started.</summary>
    public Task<WorkloadStatus> Started => _started.Task;

    /// <summary>Completes when the container's first process has ended, or never came to be.</summary>
    public Task Stopped => _stopped.Task;

    public WorkloadStatus Status
    {
        get
        {
            lock (_lock)
                return _status;
        }
    }

    public byte[] Output => _container?.Output ?? _lastOutput;

    /// <summary>Asks for its end; the first to ask gives the reason. Also stops a start that is under way.</summary>
    public void Stop(StopRequest request)
    {
        bool asked;
        lock (_lock)
            asked = TryStop(request);

        if (asked)
            _starting.Cancel();
    }

    /// <summary>
    /// Nobody waits for it any more, or somebody does again. Idle for longer than its limit, and a little, it is ended: whoever is in it
    /// has no say in that.
    /// </summary>
    /// <returns>False where it is on its way out, or gone.</returns>
    public bool SetIdle(bool idle)
    {
        lock (_lock)
        {
            if (_status.State is not (WorkloadState.Starting or WorkloadState.Running) || _stopAsked.Task.IsCompleted)
                return false;

            DateTimeOffset? since = idle ? _time.GetUtcNow() : null;
            if (_isOnRecord)
                _record.IdleSince = since;
            _idleSince = since;
            StartIdleClock();
            return true;
        }
    }

    /// <summary>Its whole life, for a new one. Never throws: what fails is told by <see cref="Started"/>, the status and the log.</summary>
    public async Task Run(WorkloadCreate create, string spawnToken)
    {
        // Threads of the caller end here: everything below may block for a moment.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await _reaper.Settle(Spec.Id);
            using (StartSteps.Begin("record"))
            {
                Enter();
                Become(s => s);
            }

            await _place.Turn(_starting.Token);
            WorkloadPlan plan;
            using (StartSteps.Begin("prepare"))
                plan = await _resources.Prepare(create, spawnToken, _held, _starting.Token);
            using (StartSteps.Begin("start"))
                _container = await _backend.Start(plan, _starting.Token);
            _resources.LimitTogether();
            Become(s => s with { State = WorkloadState.Running, StartedAt = _time.GetUtcNow(), ImageDigest = plan.Image.Digest });
        }
        catch (Exception fault)
        {
            await FailToStart(fault);
            return;
        }

        _started.TrySetResult(Status);
        await Live(_container);
    }

    /// <summary>The rest of its life, for one that an earlier process of this role had started.</summary>
    public async Task Resume(SavedWorkload saved, BackendContainer container, IEnumerable<SnapshotKey> held)
    {
        _held.AddRange(held);
        _container = container;
        _isOnRecord = true;
        _idleSince = _record.IdleSince;
        StartIdleClock();
        Become(_ => saved.Status with
        {
            State = saved.Asked is null ? WorkloadState.Running : WorkloadState.Stopping,
            StartedAt = saved.Status.StartedAt ?? _time.GetUtcNow(),
            // An earlier process may have given up on one that could not be killed.
            StoppedAt = null,
            StopReason = null,
            ExitCode = null,
        });
        _started.TrySetResult(Status);
        if (saved.Asked is { } asked)
            Stop(asked);

        await Live(container);
    }

    /// <summary>For one that ended while this role was away: only its status is left to tell.</summary>
    public void Bury(SavedWorkload saved, DateTimeOffset now)
    {
        Become(_ => saved.Status with
        {
            State = WorkloadState.Destroyed,
            StoppedAt = saved.Status.StoppedAt ?? now,
            StopReason = saved.Status.StopReason ?? saved.Asked?.Reason ?? StopReason.Lost,
        }, save: false);
        _started.TrySetResult(Status);
        _stopped.TrySetResult();
    }

    private void Enter()
    {
        lock (_lock)
        {
            _record.SaveSpec(Spec);
            _record.IdleSince = _idleSince;
            _isOnRecord = true;
        }
    }

    // With the lock. On record before anything is done about it: whatever becomes of this process, the end comes.
    private bool TryStop(StopRequest request)
    {
        if (_stopAsked.Task.IsCompleted)
            return false;

        try
        {
            if (_isOnRecord && _status.State is not (WorkloadState.Stopped or WorkloadState.Destroyed))
                _record.SaveStop(request);
        }
        catch (IOException fault)
        {
            NotSaved(Spec.Id, fault);
        }

        _stopAsked.SetResult(request);
        return true;
    }

    private void StartIdleClock()
    {
        var left = IdleLeft();
        _idle.Change(left is null ? Timeout.InfiniteTimeSpan : left > TimeSpan.Zero ? left.Value : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    private TimeSpan? IdleLeft() => _idleSince is { } since ? since + TimeSpan.FromSeconds(Spec.Limits.IdleSeconds) + IdleMargin - _time.GetUtcNow() : null;

    // A clock that has fired may come here late: whoever took the idleness back meanwhile was told that the container lives on, and it does.
    private void EndIfIdle()
    {
        var ended = false;
        lock (_lock)
        {
            if (IdleLeft() <= TimeSpan.Zero)
                ended = TryStop(new StopRequest(StopReason.IdleTimeout, DeadlineGrace));
            else
                StartIdleClock();
        }

        if (ended)
            _starting.Cancel();
    }

    private async Task Live(BackendContainer container)
    {
        var left = Status.StartedAt!.Value + TimeSpan.FromSeconds(Spec.Limits.WallSeconds) - _time.GetUtcNow();
        await using (_time.CreateTimer(_ => Stop(new StopRequest(StopReason.Deadline, DeadlineGrace)), state: null,
                         left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan))
        {
            await Task.WhenAny(container.Ended, _stopAsked.Task);
        }

        // Both may be true by now: then it ended by itself, and the one who asked came too late.
        var asked = container.Ended.IsCompleted ? null : await _stopAsked.Task;
        if (asked is not null)
            await End(container, asked.Grace);

        var end = container.Ended.IsCompletedSuccessfully ? await container.Ended : new ContainerEnd(ExitCode: null, OutOfMemory: false);
        Become(s => s with
        {
            State = WorkloadState.Stopped,
            StoppedAt = _time.GetUtcNow(),
            ExitCode = end.ExitCode,
            StopReason = asked?.Reason ?? ReasonOf(end),
        });
        _stopped.TrySetResult();
        await Destroy();
    }

    private async Task End(BackendContainer container, TimeSpan grace)
    {
        Become(s => s with { State = WorkloadState.Stopping });
        await Try(container.Terminate);
        if (await EndsWithin(container, grace))
            return;

        await Try(container.Kill);
        if (!await EndsWithin(container, KillBound))
            Unkillable(Spec.Id, KillBound.TotalSeconds);
    }

    // Whatever keeps a signal from its container must not keep the next, harder step from being taken.
    private async Task Try(Func<Task> signal)
    {
        try
        {
            await signal();
        }
        catch (Exception fault)
        {
            NotSignalled(Spec.Id, fault);
        }
    }

    private async Task<bool> EndsWithin(BackendContainer container, TimeSpan bound)
    {
        try
        {
            await container.Ended.WaitAsync(bound, _time);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private async Task FailToStart(Exception fault)
    {
        var asked = _stopAsked.Task.IsCompletedSuccessfully ? await _stopAsked.Task : null;
        var failure = asked is null ? AsFailure(fault) : Overtaken();
        if (asked is null)
            NotStarted(Spec.Id, failure.Rule, failure.Message, failure.InnerException);

        _lastOutput = _container?.Output ?? [];
        Become(s => s with { State = WorkloadState.Stopped, StoppedAt = _time.GetUtcNow(), StopReason = asked?.Reason ?? StopReason.StartFailed });
        _stopped.TrySetResult();
        await Destroy();
        _started.TrySetException(failure);
        _ = _started.Task.Exception; // told to whoever waits; nobody has to
    }

    private async Task Destroy()
    {
        await _idle.DisposeAsync();
        await _reaper.Remove(Spec.Id, _held);
        _place.Dispose();
        if (_container is not null)
            _lastOutput = _container.Output;

        _container = null;
        Become(s => s with { State = WorkloadState.Destroyed }, save: false);
    }

    // A process that the kernel killed earlier, which its parent survived, is not why this one ended.
    internal static StopReason ReasonOf(ContainerEnd end) => end switch
    {
        { ExitCode: 0 } => StopReason.Completed,
        { ExitCode: Killed, OutOfMemory: true } => StopReason.Oom,
        { ExitCode: null } => StopReason.Lost,
        _ => StopReason.Failed,
    };

    private void Become(Func<WorkloadStatus, WorkloadStatus> change, bool save = true)
    {
        lock (_lock)
        {
            _status = change(_status);
            _events.Add(_status, _time.GetUtcNow());
        }

        if (Status.StopReason is { } reason)
            Ended(Spec.Id, Status.State, reason, Status.ExitCode?.ToString(CultureInfo.InvariantCulture) ?? "unknown");
        else
            Changed(Spec.Id, Status.State);
        if (save)
            SaveIfPossible();
    }

    // A full runtime folder must not keep a container from being ended: a restart then finds an older state, and looks for itself.
    private void SaveIfPossible()
    {
        try
        {
            _record.SaveStatus(Status);
            _record.SaveEvents(_events.Of(Spec.Id));
        }
        catch (IOException fault)
        {
            NotSaved(Spec.Id, fault);
        }
    }

    private static VexaException AsFailure(Exception fault) => fault switch
    {
        VexaException known => known,
        CommandNotStartedException refused => Refused($"The container could not be started: {refused.Message}.", "Free some memory, or end some processes of this node; then try again.", refused),
        _ => Refused("The container could not be started.", "The cause is in the log: vexa logs", fault),
    };

    private static VexaException Refused(string message, string hint, Exception cause) => new(Stage.RuntimeStart, Party.Operator, "container-start", message, hint, cause);

    private static VexaException Overtaken() => new(Stage.RuntimeStart, Party.Caller,
        "stopped-while-starting", "The container was stopped while it was starting.", "Nothing: the stop was asked for.")
    { Status = 409 };

    [LoggerMessage(Level = LogLevel.Information, Message = "{Id}: {State}")]
    private partial void Changed(DispatchId id, WorkloadState state);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Id}: {State} (reason {Reason}, exit code {ExitCode})")]
    private partial void Ended(DispatchId id, WorkloadState state, StopReason reason, string exitCode);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Id}: not started: {Rule}: {Text}")]
    private partial void NotStarted(DispatchId id, string rule, string text, Exception? cause);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Id}: its state could not be saved")]
    private partial void NotSaved(DispatchId id, Exception fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Id}: it could not be signalled")]
    private partial void NotSignalled(DispatchId id, Exception fault);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Id}: still there {Seconds} s after it was killed")]
    private partial void Unkillable(DispatchId id, double seconds);
}
