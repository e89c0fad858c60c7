using Vexa.Worker.Commits;
using Vexa.Worker.Door;
using Vexa.Worker.Processes;

namespace Vexa.Worker.Turns;

/// <summary>
/// What turns need besides the outbox: child processes, the forwarder, the working copies, a token that stays fresh. Made when the first
/// turn has said its first frame, because none of it may delay that frame.
/// </summary>
internal sealed class Workbench : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly Forwarder _forwarder;
    private readonly Task _forwarding;
    private readonly Task _renewing;

    public Workbench(WorkerOptions options, DoorClient door, DoorToken token, TimeProvider clock)
    {
        Children = new(clock);
        _forwarder = new(options.Paths.Door, token);
        _forwarding = _forwarder.Run(_end.Token);
        _renewing = new TokenRenewal(door, token, clock).Run(_end.Token);
        Commits =
        [
            .. options.Order.Mounts.Where(mount => mount.Mode == AccessMode.Rw)
                .Select(mount => new WorkspaceCommit(new Git(Children, options, mount.Path, clock), options, mount, door, clock)),
        ];
    }

    public Children Children { get; }

    /// <summary>Port on the loopback where the CLI finds the door.</summary>
    public int DoorPort => _forwarder.Port;

    /// <summary>One per writable workspace; they remember their base from turn to turn.</summary>
    public IReadOnlyList<WorkspaceCommit> Commits { get; }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_forwarding, _renewing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _forwarder.Dispose();
        Children.Dispose();
        _end.Dispose();
    }
}
