using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Microsoft.Extensions.Logging;
using Vexa.Contracts;
using Vexa.Runtime.Images;
using Vexa.Runtime.Mounts;
using Vexa.Runtime.Workloads;

namespace Vexa.Runtime.Proof;

/// <summary>
/// Looks from inside a container of this node whether its walls stand, on the first use of an isolation and every hour. Where one does not,
/// nothing is started behind them any more: a kernel, an engine or a setting may have changed since anybody tested them.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore without wait handle holds nothing; the timer is let go of by Close.")]
internal sealed partial class IsolationProof(
    RuntimeFolder folder, IWorkloadBackend backend, ImageStore images, Scratch scratch, TimeProvider time, ILogger<IsolationProof> log)
{
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan RemoveBound = TimeSpan.FromSeconds(20);

    private readonly ConcurrentDictionary<Isolation, Verdict> _verdicts = new();
    private readonly SemaphoreSlim _proving = new(1);
    private ITimer? _timer;
    private bool _closed;

    /// <summary>Containers that are there for a proof now.</summary>
    public IEnumerable<DispatchId> UnderWay => _proving.CurrentCount > 0 ? [] : Enum.GetValues<Isolation>().Select(IdOf);

    /// <summary>
    /// After a restart: removes the canaries of proofs that a kill cut short. What else they had is removed as that of any container is.
    /// </summary>
    public void Recover()
    {
        foreach (var isolation in Enum.GetValues<Isolation>())
            File.Delete(folder.Canary(IdOf(isolation)));
    }

    /// <summary>Proves every hour, from now on, whatever was asked for until then.</summary>
    public void Begin() => _timer ??= time.CreateTimer(_ => _ = ProveAll(), state: null, Every, Every);

    /// <summary>Proves an isolation now, for nobody in particular.</summary>
    /// <param name="image">An image that is there; the proof needs a shell of it.</param>
    public void ProveSoon(Isolation isolation, string image) => _ = Note(isolation, image);

    /// <summary>Returns where the walls of an isolation stood when they were last looked at, which is done first where it never was.</summary>
    /// <exception cref="VexaException">Rule <c>isolation-unproven</c>: which do not; or why no container of the kind can be started.</exception>
    public async Task Require(Isolation isolation, string image, CancellationToken ct)
    {
        var verdict = await Current(isolation, image, ct);
        if (verdict.Open.Count > 0)
            throw Unproven(isolation, verdict.Open);
    }

    /// <summary>As <see cref="Require"/>, from what is known already.</summary>
    public Task CheckHealth(CancellationToken ct)
    {
        foreach (var (isolation, verdict) in _verdicts)
            if (verdict.Open.Count > 0)
                throw Unproven(isolation, verdict.Open);

        return Task.CompletedTask;
    }

    /// <summary>Which walls do not stand, by a container that is started for it; none where all do.</summary>
    /// <exception cref="VexaException">It could not be started, or told nothing; rule <c>isolation-unproven</c> where nobody knows why.</exception>
    public async Task<IReadOnlyList<string>> Prove(Isolation isolation, string image, CancellationToken ct)
    {
        try
        {
            return await Look(isolation, image, ct);
        }
        catch (Exception fault) when (fault is not VexaException && !ct.IsCancellationRequested)
        {
            throw Unseen(isolation, fault);
        }
    }

    /// <summary>Begins nothing new, and waits for the container that may be under way. A second time does nothing.</summary>
    public async Task Close()
    {
        if (Interlocked.Exchange(ref _closed, true))
            return;

        if (_timer is not null)
            await _timer.DisposeAsync();
        await _proving.WaitAsync();
    }

    private async Task<IReadOnlyList<string>> Look(Isolation isolation, string image, CancellationToken ct)
    {
        var id = IdOf(isolation);
        var canary = folder.Canary(id);
        var spec = new WorkloadSpec
        {
            Id = id,
            Image = image,
            Argv = ["/bin/sh", "-c", ProofScript.Text],
            Env = new Dictionary<string, string> { ["CANARY"] = canary },
            Limits = new WorkloadLimits { Cpu = 1, MemoryMb = 256, Pids = ProofScript.Pids, TmpfsMb = ProofScript.TmpfsMb, WallSeconds = 30 },
        };
        // What an earlier look could not put away would be in the way of this one.
        await RemoveContainer(id);
        scratch.Remove(id);
        await File.WriteAllTextAsync(canary, "", ct);
        try
        {
            scratch.Create(spec, "none");
            // Not where the door looks for folders to listen in: nobody is to be called from this container.
            var door = Path.Combine(folder.Scratch(spec.Id), "door");
            Directory.CreateDirectory(Path.Combine(door, "token"));
            var plan = new WorkloadPlan
            {
                Spec = spec,
                Isolation = isolation,
                Image = images.Open(image),
                DoorFolder = door,
                TokenFolder = scratch.TokenFolder(spec.Id),
                Mounts = [],
            };
            var container = await backend.Start(plan, ct);
            await container.Ended.WaitAsync(Longest, time, ct);
            return ProofScript.Open(Encoding.UTF8.GetString(container.Output), isolation);
        }
        finally
        {
            await PutAway(id);
        }
    }

    // Each part whatever becomes of the others. What is left is found by the next look, by the next start of this role, and by whoever asks
    // for orphans.
    private async Task PutAway(DispatchId id)
    {
        await Try("container", () => RemoveContainer(id));
        await Try("mounts", () => Now(() => scratch.Remove(id)));
        await Try("record", () => Now(() => new WorkloadRecord(folder, id).Remove()));
        await Try("canary", () => Now(() => File.Delete(folder.Canary(id))));

        async Task Try(string part, Func<Task> step)
        {
            try
            {
                await step();
            }
            catch (Exception fault)
            {
                NotPutAway(id, part, fault);
            }
        }

        static Task Now(Action step)
        {
            step();
            return Task.CompletedTask;
        }
    }

    // Bounded: whoever wants a container waits for this, and so does the end of this role.
    private async Task RemoveContainer(DispatchId id)
    {
        using var bound = new CancellationTokenSource(RemoveBound, time);
        await backend.Remove(id, bound.Token);
    }

    private static DispatchId IdOf(Isolation isolation) => Id.Parse<DispatchId>($"proof-{isolation.ToString().ToLowerInvariant()}");

    private async Task<Verdict> Current(Isolation isolation, string image, CancellationToken ct)
    {
        if (_verdicts.TryGetValue(isolation, out var known) && known.StillHolds(time))
            return known;

        await _proving.WaitAsync(ct);
        try
        {
            // Somebody else may have done it meanwhile.
            if (_verdicts.TryGetValue(isolation, out known) && known.StillHolds(time))
                return known;

            var verdict = new Verdict(image, await Prove(isolation, image, ct), time.GetTimestamp());
            _verdicts[isolation] = verdict;
            if (verdict.Open.Count > 0)
                Fallen(isolation, string.Join(", ", verdict.Open));
            else
                Stands(isolation);

            return verdict;
        }
        finally
        {
            _proving.Release();
        }
    }

    private async Task ProveAll()
    {
        foreach (var (isolation, verdict) in _verdicts)
        {
            _verdicts.TryUpdate(isolation, verdict with { IsStale = true }, verdict);
            await Note(isolation, verdict.Image);
        }
    }

    // In the background nobody hears of a failure; whoever starts a container does.
    private async Task Note(Isolation isolation, string image)
    {
        try
        {
            await Current(isolation, image, CancellationToken.None);
        }
        catch (Exception fault)
        {
            NotProven(isolation, fault);
        }
    }

    private static VexaException Unproven(Isolation isolation, IReadOnlyList<string> open) => new(Stage.RuntimeStart, Party.Operator, "isolation-unproven",
        $"Containers of this node are not walled off as they have to be ({isolation.ToString().ToLowerInvariant()}): {string.Join(", ", open)}.",
        "Nothing is started until they are: see vexa doctor, and vexa attack for all that can be tried.");

    private static VexaException Unseen(Isolation isolation, Exception cause) => new(Stage.RuntimeStart, Party.Operator, "isolation-unproven",
        $"Whether containers of this node are walled off could not be seen ({isolation.ToString().ToLowerInvariant()}).",
        "Try again; if it stays so, the cause is in the log: vexa logs", cause);

    /// <param name="Open">Walls that do not stand.</param>
    private sealed record Verdict(string Image, IReadOnlyList<string> Open, long At)
    {
        public bool IsStale { get; init; }

        public bool StillHolds(TimeProvider time) => !IsStale && (Open.Count == 0 || time.GetElapsedTime(At) < TryAgainAfter);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "the walls of {Isolation} stand")]
    private partial void Stands(Isolation isolation);

    [LoggerMessage(Level = LogLevel.Error, Message = "the walls of {Isolation} do not stand, so nothing is started behind them: {Open}")]
    private partial void Fallen(Isolation isolation, string open);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Id}: its {Part} could not be removed")]
    private partial void NotPutAway(DispatchId id, string part, Exception fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "whether the walls of {Isolation} stand could not be seen")]
    private partial void NotProven(Isolation isolation, Exception fault);
}
