using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
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
    RuntimeFolder folder, IWorkloadBackend backend, ImageStore images, Scratch scratch, Reaper reaper, TimeProvider time, ILogger<IsolationProof> log)
{
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    private readonly ConcurrentDictionary<Isolation, Verdict> _verdicts = new();
    private readonly SemaphoreSlim _proving = new(1);
    private ITimer? _timer;
    private bool _closed;

    /// <summary>Containers that are there for a proof now.</summary>
    public IEnumerable<DispatchId> UnderWay => _proving.CurrentCount > 0 ? [] : Enum.GetValues<Isolation>().Select(IdOf);

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
    /// <exception cref="VexaException">It could not be started.</exception>
    public async Task<IReadOnlyList<string>> Prove(Isolation isolation, string image, CancellationToken ct)
    {
        var canary = Path.Combine(folder.Root, $"canary-{RandomNumberGenerator.GetHexString(12, lowercase: true)}");
        var spec = new WorkloadSpec
        {
            Id = IdOf(isolation),
            Image = image,
            Argv = ["/bin/sh", "-c", ProofScript.Text],
            Env = new Dictionary<string, string> { ["CANARY"] = canary },
            Limits = new WorkloadLimits { Cpu = 1, MemoryMb = 256, Pids = ProofScript.Pids, TmpfsMb = ProofScript.TmpfsMb, WallSeconds = 30 },
        };
        await reaper.Settle(spec.Id);
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
            File.Delete(canary);
            await Remove(spec.Id);
        }
    }

    private async Task Remove(DispatchId id)
    {
        try
        {
            await backend.Remove(id, CancellationToken.None);
            scratch.Remove(id);
            new WorkloadRecord(folder, id).Remove();
        }
        catch (Exception fault)
        {
            NotRemoved(id, fault);
            reaper.Owe(id);
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

    /// <param name="Open">Walls that do not stand.</param>
    private sealed record Verdict(string Image, IReadOnlyList<string> Open, long At)
    {
        public bool IsStale { get; init; }

        public bool StillHolds(TimeProvider time) => !IsStale && (Open.Count == 0 || time.GetElapsedTime(At) < TryAgainAfter);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Id}: what asked for its walls could not be removed yet")]
    private partial void NotRemoved(DispatchId id, Exception fault);

    [LoggerMessage(Level = LogLevel.Information, Message = "the walls of {Isolation} stand")]
    private partial void Stands(Isolation isolation);

    [LoggerMessage(Level = LogLevel.Error, Message = "the walls of {Isolation} do not stand, so nothing is started behind them: {Open}")]
    private partial void Fallen(Isolation isolation, string open);

    [LoggerMessage(Level = LogLevel.Warning, Message = "whether the walls of {Isolation} stand could not be seen")]
    private partial void NotProven(Isolation isolation, Exception fault);
}
