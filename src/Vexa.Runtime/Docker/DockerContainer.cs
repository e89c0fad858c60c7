using Vexa.Contracts;
using Vexa.Docker;
using Vexa.Docker.Containers;
using Vexa.Runtime.Native;
using Vexa.Runtime.Workloads;

namespace Vexa.Runtime.Docker;

/// <summary>One container of the engine's, while somebody here cares for it.</summary>
internal sealed class DockerContainer : BackendContainer, IDisposable
{
    private const int BufferSize = 32 * 1024;
    private static readonly TimeSpan SignalBound = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan DrainBound = TimeSpan.FromSeconds(2);

    private readonly DockerEngine _engine;
    private readonly TimeProvider _time;
    private readonly OutputRing _output = new();
    private readonly CancellationTokenSource _letGo = new();
    private readonly TaskCompletionSource<ContainerEnd> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _reading = Task.CompletedTask;

    public DockerContainer(string id, DispatchId dispatch, DockerEngine engine, TimeProvider time)
    {
        (Id, Dispatch, _engine, _time) = (id, dispatch, engine, time);
        Ended = See();

        async Task<ContainerEnd> See()
        {
            var end = await _end.Task;
            // The end is told before the last of what it wrote has come through.
            await _reading.WaitAsync(DrainBound, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return end;
        }
    }

    /// <summary>As the engine knows it.</summary>
    public string Id { get; }

    public DispatchId Dispatch { get; }

    public override Task<ContainerEnd> Ended { get; }

    public override byte[] Output => _output.Snapshot();

    /// <summary>True where nothing it writes is read any more.</summary>
    public bool IsUnread => _reading.IsCompleted;

    /// <summary>Keeps the last of what it writes, until it ends or the engine goes away.</summary>
    public void Follow(OutputStream output)
    {
        _reading = Read(output, _letGo.Token);

        async Task Read(OutputStream stream, CancellationToken ct)
        {
            await using var _ = stream;
            var buffer = new byte[BufferSize];
            try
            {
                while (await stream.Read(buffer, ct) is > 0 and var read)
                    _output.Write(buffer.AsSpan(0, read));
            }
            catch (OperationCanceledException)
            {
                // Let go: it writes on, and nobody reads.
            }
        }
    }

    public void End(ContainerEnd end) => _end.TrySetResult(end);

    public override Task Terminate() => Signal("TERM");

    // Its first process takes all others with it: they are in one pid namespace.
    public override Task Kill() => Signal("KILL");

    /// <summary>Lets go of it without ending it.</summary>
    public void Dispose() => _letGo.Cancel();

    private async Task Signal(string signal)
    {
        using var bound = new CancellationTokenSource(SignalBound, _time);
        try
        {
            await DockerFaults.Explained(() => _engine.Containers.Kill(Id, signal, bound.Token));
        }
        catch (OperationCanceledException silent)
        {
            throw new TimeoutException($"The engine did not take a signal within {SignalBound.TotalSeconds:0} s.", silent);
        }
    }
}
