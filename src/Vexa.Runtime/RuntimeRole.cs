using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Vexa.Contracts;
using Vexa.Hosting;
using Vexa.Identity;
using Vexa.Runtime.Docker;
using Vexa.Runtime.Door;
using Vexa.Runtime.Http;
using Vexa.Runtime.Images;
using Vexa.Runtime.Mounts;
using Vexa.Runtime.Native;
using Vexa.Runtime.Oci;
using Vexa.Runtime.Proof;
using Vexa.Runtime.Workloads;

namespace Vexa.Runtime;

/// <summary>
/// The privileged role of a node: runs containers for control, and decides nothing. One instance for each runtime folder.
/// </summary>
public sealed partial class RuntimeRole : IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly RuntimeFolder _folder;
    private readonly ProcessWatch _watch = new();
    private readonly BundleSource _bundles;
    private readonly DoorClient _door;
    private readonly RuntimeOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _closing = new();
    private Task<bool> _recovering = Task.FromResult(true);
    private Task _firstProof = Task.CompletedTask;

    private RuntimeRole(RuntimeOptions options, RuntimeFolder folder, Func<IWorkloadBackend, IWorkloadBackend> backend, TimeProvider time, ILoggerFactory logs)
    {
        _options = options;
        _time = time;
        _log = logs.CreateLogger<RuntimeRole>();
        _folder = folder;
        _bundles = new BundleSource(_folder.ControlSocket);
        _door = new DoorClient(_folder.DoorSocket, time);
        Snapshots = new Snapshots(_folder, _bundles, options, logs.CreateLogger<Snapshots>());
        Backend = backend(options.Backend == "docker" ? new DockerBackend(_folder, options, time, logs.CreateLogger<DockerBackend>()) : new OciBackend(_folder, options, _watch, time));
        var scratch = new Scratch(_folder);
        var resources = new Resources(_folder, options, Backend, new ImageStore(options.ImagesFolder), Snapshots, scratch, _door, time);
        Reaper = new Reaper(resources.Remove, time, logs.CreateLogger<Reaper>());
        Workloads = new WorkloadSet(_folder, resources, Reaper, Backend, scratch, Snapshots, options, time, logs);
        Proof = new IsolationProof(_folder, Backend, new ImageStore(options.ImagesFolder), scratch, time, logs.CreateLogger<IsolationProof>());
    }

    internal IWorkloadBackend Backend { get; }

    internal WorkloadSet Workloads { get; }

    internal Snapshots Snapshots { get; }

    internal IsolationProof Proof { get; }

    internal Reaper Reaper { get; }

    /// <summary>What is left on this node of workloads that nobody here cares for.</summary>
    internal async Task<IReadOnlyList<string>> FindOrphans(CancellationToken ct)
    {
        // What begins or ends meanwhile has its owner: so what is left is what two looks agree on.
        var orphans = new Orphans(_folder, _options, Backend);
        var first = await orphans.Find(Owned(), ct);
        return first.Count == 0 ? first : [.. (await orphans.Find(Owned(), ct)).Intersect(first)];

        IReadOnlySet<DispatchId> Owned() => Workloads.Owned().Union(Proof.UnderWay).ToHashSet();
    }

    /// <summary>
    /// Serves <c>&lt;run&gt;/runtime.sock</c> until asked to stop, then stops every container and leaves nothing behind. After a
    /// kill, the next start takes over the containers that still run.
    /// </summary>
    /// <param name="keysFolder">Where control writes the public keys of its tokens.</param>
    /// <exception cref="VexaException">The settings cannot be used, or something that it needs is missing.</exception>
    public static Task Run(RuntimeOptions options, string keysFolder, CancellationToken stop) => Run(options, keysFolder, static own => own, stop);

    /// <param name="backend">From the backend of the settings to the one that is used: itself, one around it, or another.</param>
    internal static async Task Run(RuntimeOptions options, string keysFolder, Func<IWorkloadBackend, IWorkloadBackend> backend, CancellationToken stop)
    {
        options.Validate();
        var builder = RoleApp.CreateBuilder();
        var folder = RuntimeFolder.Open(options.RunFolder);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenOwnerOnly(folder.Socket));
        await using var app = builder.Build();

        var time = app.Services.GetRequiredService<TimeProvider>();
        using var role = new RuntimeRole(options, folder, backend, time, app.Services.GetRequiredService<ILoggerFactory>());
        await role.Open(stop);

        var checks = app.Services.GetRequiredService<HealthChecks>();
        checks.Add(role.Backend.Name, ct => role.Backend.Check(options.Isolation, ct));
        checks.Add("isolation", role.Proof.CheckHealth);
        checks.Add("workloads", ct =>
        {
            role.Workloads.RequireRecovered();
            return Task.CompletedTask;
        });
        app.UseProblems();
        app.UseRouting();
        app.MapHealth("runtime");
        new RuntimeEndpoints(role, options, new TokenVerifier(KeySet.FromFolder(keysFolder), time), app.Lifetime).Map(app);
        role.BeginProof();
        try
        {
            // Containers first: whoever waits for their end hears it, and why.
            await app.RunUntil([folder.Socket], stop, last: role.Workloads.Close);
        }
        finally
        {
            await role.Close();
        }
    }

    /// <summary>What is left on this node of workloads, where the role does not run; nothing where all was put away.</summary>
    public static async Task<IReadOnlyList<string>> FindOrphans(RuntimeOptions options, TimeProvider time, ILoggerFactory logs, CancellationToken ct)
    {
        if (!Directory.Exists(options.RunFolder))
            return [];

        using var role = new RuntimeRole(options, RuntimeFolder.At(options.RunFolder), static own => own, time, logs);
        return await role.FindOrphans(ct);
    }

    /// <summary>The role without its socket, for tests that stop it in ways in which a process ends.</summary>
    /// <param name="backend">From the backend of the settings to the one that is used: itself, one around it, or another.</param>
    internal static async Task<RuntimeRole> Start(
        RuntimeOptions options, Func<IWorkloadBackend, IWorkloadBackend> backend, TimeProvider time, ILoggerFactory logs, CancellationToken ct)
    {
        options.Validate();
        var role = new RuntimeRole(options, RuntimeFolder.Open(options.RunFolder), backend, time, logs);
        await role.Open(ct);
        return role;
    }

    /// <summary>Stops all containers and unmounts everything.</summary>
    internal async Task Close()
    {
        await _closing.CancelAsync();
        var recovered = await _recovering;
        await _firstProof;
        await Workloads.Close();
        await Proof.Close();
        await Reaper.Close();
        // What could not be taken over may still run: it is left as it is, to the next start.
        if (recovered)
        {
            Snapshots.Close();
            Cgroup.RemoveParent(_options.CgroupParent);
        }

        Dispose();
    }

    /// <summary>Lets go of everything in this process and touches nothing outside it, as a kill would.</summary>
    public void Dispose()
    {
        _closing.Cancel();
        Reaper.LetGo();
        (Backend as IDisposable)?.Dispose();
        _watch.Dispose();
        _bundles.Dispose();
        _door.Dispose();
    }

    private async Task Open(CancellationToken ct)
    {
        Libc.BecomeSubreaper();
        Libc.UsePlainUmask();
        Snapshots.Open();
        try
        {
            await Backend.Check(_options.Isolation, ct);
            Engine(Backend.Name, _options.Isolation);
        }
        catch (VexaException fault)
        {
            // Not the end: /health says so, and what it needs may be installed while it runs.
            NoEngine(fault.Message, fault.Hint);
        }

        Proof.Recover();
        try
        {
            await Workloads.Recover(ct);
        }
        catch (VexaException fault)
        {
            // Neither: an engine that is away now comes back.
            NotRecovered(fault.Message, fault.Hint, fault.InnerException);
            _recovering = RecoverLater();
        }
    }

    // Until it succeeds nothing is started, and nobody is told that a workload is not known.
    private async Task<bool> RecoverLater()
    {
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            await Task.Delay(pause, _time, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
            if (_closing.IsCancellationRequested)
                return false;

            try
            {
                await Workloads.Recover(_closing.Token);
                Recovered();
                return true;
            }
            catch (Exception still) when (still is VexaException or OperationCanceledException)
            {
                // Told when it began, and by /health since.
            }
        }
    }

    // An image that is not there yet, or damaged, is built while this runs: its walls are proven on its first use, and every hour from then on.
    internal void BeginProof()
    {
        Proof.Begin();
        _firstProof = ProveFirst();
    }

    private async Task ProveFirst()
    {
        if (!await _recovering)
            return;

        try
        {
            if (new ImageStore(_options.ImagesFolder).Find("agent") is { } image)
                Proof.ProveSoon(_options.Isolation, image.Name);
        }
        catch (VexaException damaged)
        {
            NoEngine(damaged.Message, damaged.Hint);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "containers are run by {Backend}, isolated by {Isolation}")]
    private partial void Engine(string backend, Isolation isolation);

    [LoggerMessage(Level = LogLevel.Error, Message = "what an earlier process has left cannot be taken over yet: {Why} {Mend}")]
    private partial void NotRecovered(string why, string mend, Exception? cause);

    [LoggerMessage(Level = LogLevel.Information, Message = "what an earlier process has left is taken over")]
    private partial void Recovered();

    [LoggerMessage(Level = LogLevel.Error, Message = "no container can be started: {Why} {Mend}")]
    private partial void NoEngine(string why, string mend);
}
