using Microsoft.Extensions.Logging;
using Vexa.Contracts;
using Vexa.Runtime.Mounts;
using Vexa.Schemas;

namespace Vexa.Runtime.Workloads;

/// <summary>The workloads of this node: the live ones, and the last ones that ended.</summary>
internal sealed partial class WorkloadSet(
    RuntimeFolder folder, Resources resources, Reaper reaper, IWorkloadBackend backend, Scratch scratch, Snapshots snapshots, RuntimeOptions options,
    TimeProvider time, ILoggerFactory logs)
{
    private static readonly TimeSpan ShutdownGrace = TimeSpan.FromSeconds(2);

    private readonly ILogger _log = logs.CreateLogger<WorkloadSet>();
    private readonly Lock _lock = new();
    private readonly Dictionary<DispatchId, (Workload Workload, Task Life)> _known = [];
    private readonly Queue<DispatchId> _ended = [];
    private readonly Capacity _capacity = new(options, time);
    // Until it is known what an earlier process has left, nobody here can say what runs and what does not.
    private VexaException? _unrecovered = new(Stage.RuntimeStart, Party.Operator, "starting-up", "This node is starting up.", "Try again in a moment.");
    private bool _closing;

    /// <summary>Every transition of what is known here.</summary>
    public EventLog Events { get; } = new();

    /// <summary>Throws where a new workload of this subject would be refused now.</summary>
    /// <exception cref="VexaException">429, with the time to wait; or as <see cref="RequireRecovered"/>.</exception>
    public void RequireRoom(string subject)
    {
        RequireRecovered();
        _capacity.RequireRoom(subject);
    }

    /// <summary>Throws until it is known what an earlier process of this role has left.</summary>
    /// <exception cref="VexaException">Why it is not.</exception>
    public void RequireRecovered()
    {
        if (Volatile.Read(ref _unrecovered) is { } why)
            throw new VexaException(why.Stage, why.Party, why.Rule, why.Message, why.Hint, why);
    }

    /// <summary>Creates a workload and waits until it runs. An id that is known already returns its status: nothing runs twice.</summary>
    /// <returns>The status, and whether it was created by this call.</returns>
    /// <exception cref="VexaException">It could not be started; or the id is taken by another spec (rule <c>workload-conflict</c>).</exception>
    public async Task<(WorkloadStatus Status, bool Created)> Create(WorkloadCreate create, string spawnToken)
    {
        RequireRecovered();
        Workload workload;
        bool created;
        lock (_lock)
        {
            if (_closing)
                throw ShuttingDown();

            created = !_known.TryGetValue(create.Spec.Id, out var known) || CanStartAgain(known.Workload);
            if (!created && !WorkloadRecord.Same(known.Workload.Spec, create.Spec))
                throw Conflict(create.Spec.Id);

            workload = created ? New(create.Spec, _capacity.Take(SubjectOf(create.Spec))) : known.Workload;
            if (created)
                _known[create.Spec.Id] = (workload, Forget(create.Spec.Id, workload.Run(create, spawnToken)));
        }

        var running = await workload.Started;
        return created ? (running, true) : (workload.Status, false);
    }

    public IReadOnlyList<WorkloadStatus> List()
    {
        RequireRecovered();
        lock (_lock)
            return [.. _known.Values.Select(k => k.Workload.Status)];
    }

    /// <exception cref="VexaException">404: rule <c>unknown-workload</c>.</exception>
    public Workload Get(DispatchId id) => Known(id).Workload;

    /// <summary>Those of which something may be on this node.</summary>
    public IReadOnlySet<DispatchId> Owned()
    {
        lock (_lock)
            return _known.Where(known => known.Value.Workload.Status.State != WorkloadState.Destroyed).Select(known => known.Key).ToHashSet();
    }

    /// <summary>Waits until the workload has stopped, or the time is over.</summary>
    public async Task<WorkloadStatus> WaitForStop(DispatchId id, TimeSpan wait, CancellationToken ct)
    {
        var workload = Get(id);
        try
        {
            await workload.Stopped.WaitAsync(wait, time, ct);
        }
        catch (TimeoutException)
        {
            // Then the status as it is.
        }

        return workload.Status;
    }

    /// <summary>Stops a workload and waits until everything of it is gone.</summary>
    public async Task<WorkloadStatus> Stop(DispatchId id, StopRequest request)
    {
        var (workload, life) = Known(id);
        workload.Stop(request);
        await life;
        return workload.Status;
    }

    /// <summary>
    /// After a restart: takes over what still runs, finishes what has ended meanwhile, and removes what nobody owns. Where it throws, it has to
    /// be called again: what it had taken over by then it keeps.
    /// </summary>
    /// <exception cref="VexaException">Why it could not be seen what runs.</exception>
    public async Task Recover(CancellationToken ct)
    {
        try
        {
            var ids = Directory.EnumerateDirectories(folder.Workloads).Select(path => Id.Parse<DispatchId>(Path.GetFileName(path)))
                .Concat(scratch.List()).Concat(await backend.List(ct)).Distinct().ToList();
            foreach (var id in ids.Where(id => !IsKnown(id)))
                await Recover(id, ct);

            snapshots.DropForgotten();
            Volatile.Write(ref _unrecovered, null);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            var why = fault as VexaException ?? NotRecovered(fault);
            Volatile.Write(ref _unrecovered, why);
            throw why;
        }
    }

    /// <summary>Stops everything and waits until nothing is left.</summary>
    public async Task Close()
    {
        List<Task> lives;
        lock (_lock)
        {
            _closing = true;
            lives = [.. _known.Values.Select(k => k.Life)];
            foreach (var (workload, _) in _known.Values)
                workload.Stop(new StopRequest(StopReason.Cancelled, ShutdownGrace));
        }

        await Task.WhenAll(lives);
    }

    private async Task Recover(DispatchId id, CancellationToken ct)
    {
        var saved = Load(id);
        if (saved is null || await backend.Adopt(saved.Spec, ct) is not { } container)
        {
            await reaper.Remove(id, held: []);
            if (saved is not null)
                Bury(saved);

            return;
        }

        Adopted(id);
        var held = saved.Spec.Mounts.Select(m => new SnapshotKey(m.Workspace, m.Commit)).ToList();
        held.ForEach(snapshots.TakeAgain);
        Events.Load(id, saved.Events);
        var workload = New(saved.Spec, _capacity.TakeRegardless(SubjectOf(saved.Spec)));
        lock (_lock)
            _known[id] = (workload, Forget(id, workload.Resume(saved, container, held)));
    }

    private (Workload Workload, Task Life) Known(DispatchId id)
    {
        lock (_lock)
            if (_known.TryGetValue(id, out var known))
                return known;

        RequireRecovered();
        throw Unknown(id);
    }

    private bool IsKnown(DispatchId id)
    {
        lock (_lock)
            return _known.ContainsKey(id);
    }

    // A record that cannot be read is as good as none: what it tells of is removed, and the others are taken over.
    private SavedWorkload? Load(DispatchId id)
    {
        try
        {
            return new WorkloadRecord(folder, id).Load();
        }
        catch (ContractException broken)
        {
            Unreadable(id, broken);
            return null;
        }
    }

    private void Bury(SavedWorkload saved)
    {
        var id = saved.Spec.Id;
        FoundDead(id);
        Events.Load(id, saved.Events);
        var workload = New(saved.Spec, _capacity.TakeNone(SubjectOf(saved.Spec)));
        workload.Bury(saved, time.GetUtcNow());
        lock (_lock)
        {
            _known[id] = (workload, Task.CompletedTask);
            Remember(id);
        }
    }

    private Workload New(WorkloadSpec spec, Capacity.Place place) => new(spec, place, folder, resources, reaper, backend, options.Node, Events, time, logs.CreateLogger<Workload>());

    // The token's own, since it was admitted. What was not, a test's, shares one.
    private static string SubjectOf(WorkloadSpec spec) => spec.Labels.GetValueOrDefault(WorkloadSpec.SubjectLabel, "");

    // Nothing ran: whoever mended the cause may ask again.
    private static bool CanStartAgain(Workload workload) => workload.Status is { State: WorkloadState.Destroyed, StopReason: StopReason.StartFailed };

    private async Task Forget(DispatchId id, Task life)
    {
        await life;
        lock (_lock)
            Remember(id);
    }

    private void Remember(DispatchId id)
    {
        _ended.Enqueue(id);
        while (_ended.Count > options.RememberedWorkloads)
        {
            var oldest = _ended.Dequeue();
            // It may have been started again since, and be alive.
            if (_known.TryGetValue(oldest, out var known) && known.Workload.Status.State == WorkloadState.Destroyed)
            {
                _known.Remove(oldest);
                Events.Forget(oldest);
            }
        }
    }

    private static VexaException Conflict(DispatchId id) => new(Stage.RuntimeStart, Party.Caller, "workload-conflict",
        $"Workload '{id}' exists with another spec.", "Use a new id, or send the same spec.")
    { Status = 409 };

    private static VexaException Unknown(DispatchId id) => new(Stage.Request, Party.Caller, "unknown-workload",
        $"This node knows no workload '{id}'.", "List them at GET /workloads; the oldest that ended are forgotten.")
    { Status = 404 };

    private static VexaException NotRecovered(Exception cause) => new(Stage.RuntimeStart, Party.Operator, "not-recovered",
        "What an earlier process of this node has left could not be taken over.", "It is tried again all the time; the cause is in the log: vexa logs", cause);

    private static VexaException ShuttingDown() => new(Stage.RuntimeStart, Party.Operator, "shutting-down",
        "This node is shutting down.", "Try again when it is up.");

    [LoggerMessage(Level = LogLevel.Information, Message = "{Id}: taken over from an earlier process")]
    private partial void Adopted(DispatchId id);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Id}: its record cannot be read; what is left of it is removed")]
    private partial void Unreadable(DispatchId id, Exception cause);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Id}: had ended while this role was away")]
    private partial void FoundDead(DispatchId id);
}
