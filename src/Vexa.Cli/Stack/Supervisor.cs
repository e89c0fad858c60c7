using System.Net;
using System.Net.Sockets;
using Vexa.Cli.Client;
using Vexa.Cli.Commands;
using Vexa.Contracts;

namespace Vexa.Cli.Stack;

/// <summary>Runs the roles of one installation, and leaves nothing behind when it ends.</summary>
internal sealed class Supervisor : IDisposable
{
    private readonly StackOptions _options;
    private readonly TimeProvider _time;
    private readonly Action<StackState> _changed;
    private readonly Spawner _spawner = new();
    private readonly List<RoleLog> _logs = [];
    private readonly List<IReadOnlyList<SupervisedRole>> _waves;
    private readonly Lock _writing = new();
    private StackState _state;

    private Supervisor(StackOptions options, IReadOnlyList<IReadOnlyList<RoleSpec>> waves, TimeProvider time, Action<StackState> changed)
    {
        (_options, _time, _changed) = (options, time, changed);
        _waves = [.. waves.Select(wave => (IReadOnlyList<SupervisedRole>)[.. wave.Select(Supervise)])];
        _state = new StackState
        {
            Supervisor = ProcessStamp.Own,
            Phase = StackPhase.Starting,
            Address = options.ApiAddress,
            RunFolder = options.RunFolder,
            Model = options.Rehearses ? "rehearsal" : options.ModelEndpoint,
            Containers = $"{options.Backend}, {RunCommands.Lower(options.Isolation)}",
            StartedAt = time.GetUtcNow(),
            Roles = [.. _waves.SelectMany(wave => wave).Select(role => role.State)],
        };
    }

    /// <summary>Runs until asked to stop, and until all has stopped.</summary>
    /// <param name="changed">Told of every change; called under a lock, so it must be quick.</param>
    /// <param name="ask">Stops all, those that stop first and then the others in the reverse order of the start, each with its time to finish.</param>
    /// <param name="force">Kills what still runs.</param>
    /// <exception cref="VexaException">It runs already, or something could not be started; then all is stopped again.</exception>
    public static async Task Run(
        StackOptions options, IReadOnlyList<IReadOnlyList<RoleSpec>> waves, TimeProvider time, Action<StackState> changed, CancellationToken ask, CancellationToken force)
    {
        StackFolders.Create(options);
        using var held = await StackLock.Take(options, time) ?? throw Faults.Machine("already-running", "The stack runs already.", "Look at it: vexa status");
        // Again: before the lock was ours, a down may have cleared it away.
        StackFolders.Create(options);
        using var alone = await StackLock.Take(options.RunLockFile, time) ?? throw RunFolderInUse(options);
        await Leftovers.Clear(options, time);
        RequireFreePort(options.Listen);
        using var supervisor = new Supervisor(options, waves, time, changed);
        try
        {
            await supervisor.StartAndKeep(ask);
        }
        catch (OperationCanceledException) when (ask.IsCancellationRequested)
        {
            await supervisor.StopAll(force);
        }
        catch (VexaException failure)
        {
            await supervisor.StopAll(force);
            supervisor.Update(state => state with { Phase = StackPhase.Failed, Failure = new StackFailure(failure.Rule, failure.Message, failure.Hint) });
            throw;
        }
    }

    /// <summary>What to say where a stack of another data folder has its sockets in the same runtime folder.</summary>
    public static VexaException RunFolderInUse(StackOptions options) => Faults.Machine("run-folder-in-use", $"A stack with another data folder runs in {options.RunFolder}.",
        "Name another folder in VEXA_RUN, or unset it: each data folder has one of its own then.");

    /// <exception cref="VexaException">Something else listens there.</exception>
    public static void RequireFreePort(IPEndPoint endPoint)
    {
        if (FindFault(endPoint) is { } fault)
            throw Faults.Machine("port-in-use", $"Nothing can listen on {endPoint}: {fault.Message}.", MendOf(endPoint), fault);
    }

    /// <summary>Why nothing can listen there; null where it can.</summary>
    public static SocketException? FindFault(IPEndPoint endPoint)
    {
        try
        {
            using var probe = new TcpListener(endPoint);
            probe.Start();
            return null;
        }
        catch (SocketException fault)
        {
            return fault;
        }
    }

    /// <summary>What to do where nothing can listen: it names a port that was free just now.</summary>
    public static string MendOf(IPEndPoint endPoint)
    {
        const int farthest = 100;
        for (var port = endPoint.Port + 1; port <= Math.Min(endPoint.Port + farthest, IPEndPoint.MaxPort); port++)
            if (FindFault(new IPEndPoint(endPoint.Address, port)) is null)
                return $"End what listens there, or choose another: vexa up --listen {new IPEndPoint(endPoint.Address, port)}";

        return "Name an address of this machine: vexa up --listen 127.0.0.1:7420";
    }

    public void Dispose()
    {
        _spawner.Dispose();
        foreach (var log in _logs)
            log.Dispose();
    }

    private SupervisedRole Supervise(RoleSpec spec)
    {
        var log = new RoleLog(_options.LogOf(spec.Name));
        _logs.Add(log);
        return new SupervisedRole(spec, _spawner, log, _time, changed =>
            Update(state => state with { Roles = [.. state.Roles.Select(role => role.Name == changed.Name ? changed : role)] }));
    }

    private async Task StartAndKeep(CancellationToken ask)
    {
        Update(state => state);
        foreach (var wave in _waves)
            await Task.WhenAll(wave.Select(role => role.Start(ask)));
        Update(state => state with { Phase = StackPhase.Running });

        // Keeping ends by being asked to stop, or by a role that cannot be started any more.
        await await Task.WhenAny(_waves.SelectMany(wave => wave).Select(role => role.Keep(ask)).ToList());
    }

    private async Task StopAll(CancellationToken force)
    {
        Update(state => state with { Phase = StackPhase.Stopping });
        // The containers while door and control still serve: so each ends with its last words heard, and is recorded as what it was.
        await Task.WhenAll(_waves.SelectMany(wave => wave).Where(role => role.Spec.StopsFirst).Select(role => role.Stop(force)));
        foreach (var wave in Enumerable.Reverse(_waves))
            await Task.WhenAll(wave.Where(role => !role.Spec.StopsFirst).Select(role => role.Stop(force)));
        StackFolders.RemoveRun(_options);
        File.Delete(_options.StateFile);
    }

    private void Update(Func<StackState, StackState> change)
    {
        lock (_writing)
        {
            _state = change(_state);
            try
            {
                _state.Write(_options);
            }
            catch (IOException)
            {
                // A full disk hides the state from other commands; it must not keep the stack from being run, or stopped.
            }

            _changed(_state);
        }
    }
}
