using System.Text;
using Vexa.Runtime.Native;
using Vexa.Runtime.Workloads;

namespace Vexa.IntegrationTests.Runtime;

/// <summary>What a <see cref="FakeBackend"/> runs. It stays until it, its test or its owner ends it.</summary>
internal sealed class FakeContainer(WorkloadPlan plan)
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource<ContainerEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Handle? _reader;
    private byte[] _unread = [];

    public WorkloadPlan Plan => plan;

    public Task<ContainerEnd> Ended => _ended.Task;

    /// <summary>Completes when it was asked to end. It may ignore that.</summary>
    public Task Asked => _asked.Task;

    /// <summary>Asked for each signal, before it is sent; what it throws is thrown.</summary>
    public Action BeforeSignal { get; set; } = () => { };

    /// <summary>What it does; ends with it.</summary>
    public Task Script { get; set; } = Task.CompletedTask;

    public void End(int exitCode) => _ended.TrySetResult(new ContainerEnd(exitCode, OutOfMemory: false));

    public void RunOutOfMemory() => _ended.TrySetResult(new ContainerEnd(137, OutOfMemory: true));

    /// <summary>It is gone, and nobody saw how.</summary>
    public void Vanish() => _ended.TrySetResult(new ContainerEnd(ExitCode: null, OutOfMemory: false));

    public void Write(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        lock (_lock)
        {
            if (_reader is null)
                _unread = [.. _unread, .. bytes];
            else
                _reader.Ring.Write(bytes);
        }
    }

    public BackendContainer Attach()
    {
        lock (_lock)
        {
            _reader = new Handle(this);
            _reader.Ring.Write(_unread);
            _unread = [];
            _ = Tell(_reader);
            return _reader;
        }
    }

    // Whoever is gone hears nothing any more.
    private async Task Tell(Handle reader)
    {
        var end = await Ended;
        lock (_lock)
            if (_reader == reader)
                reader.Told.TrySetResult(end);
    }

    public void Detach()
    {
        lock (_lock)
            _reader = null;
    }

    private sealed class Handle(FakeContainer container) : BackendContainer
    {
        public OutputRing Ring { get; } = new();

        public TaskCompletionSource<ContainerEnd> Told { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override Task<ContainerEnd> Ended => Told.Task;

        public override byte[] Output => Ring.Snapshot();

        public override Task Terminate()
        {
            container.BeforeSignal();
            container._asked.TrySetResult();
            return Task.CompletedTask;
        }

        public override Task Kill()
        {
            container.BeforeSignal();
            container.End(137);
            return Task.CompletedTask;
        }
    }
}
