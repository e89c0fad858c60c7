using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;
using Vexa.Contracts;
using Vexa.Docker;
using Vexa.Runtime.Oci;
using Vexa.Runtime.Workloads;

namespace Vexa.Runtime.Docker;

/// <summary>
/// Learns how containers end: from one stream of events for all, and by looking at each whenever that stream was opened, so that an
/// engine which went away and came back hides nothing.
/// </summary>
/// <param name="label">Every container of this installation has it: <c>name=value</c>.</param>
/// <param name="groupOf">The control group around a container.</param>
internal sealed partial class DockerWatch(DockerEngine engine, string label, Func<DispatchId, Cgroup> groupOf, TimeProvider time, ILogger log) : IDisposable
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<string, DockerContainer> _live = new();
    private readonly CancellationTokenSource _closing = new();
    private Task? _following;

    /// <summary>Before its start: so its end cannot be missed.</summary>
    public void Add(DockerContainer container)
    {
        _live[container.Id] = container;
        lock (_lock)
            _following ??= Follow();
    }

    public void Forget(string id)
    {
        if (_live.TryRemove(id, out var container))
            container.Dispose();
    }

    public DockerContainer? Find(DispatchId dispatch) => _live.Values.FirstOrDefault(container => container.Dispatch == dispatch);

    /// <summary>Looks at a container now.</summary>
    public async Task Look(DockerContainer container, CancellationToken ct)
    {
        var details = await engine.Containers.Inspect(container.Id, ct);
        switch (details?.State.Status)
        {
            case null or "removing":
                container.End(new ContainerEnd(ExitCode: null, OutOfMemory: false));
                break;
            case "exited" or "dead":
                // The engine may learn of an end before it learns why.
                container.End(new ContainerEnd(details.State.ExitCode, details.State.OomKilled || groupOf(container.Dispatch).WasOutOfMemory()));
                break;
            case "running" when container.IsUnread:
                container.Follow(await engine.Containers.Attach(container.Id, ct));
                break;
        }
    }

    /// <summary>Lets go of everything, ends nothing.</summary>
    public void Dispose()
    {
        _closing.Cancel();
        foreach (var container in _live.Values)
            container.Dispose();
    }

    private async Task Follow()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var delay = FirstDelay;
        while (!_closing.IsCancellationRequested)
        {
            try
            {
                await using var events = await engine.Events(label, ["die"], _closing.Token);
                // Whatever happened before it was opened.
                await LookAtAll(_closing.Token);
                delay = FirstDelay;
                await foreach (var one in events.Read(_closing.Token))
                    if (one.Actor is { } actor && _live.TryGetValue(actor.Id, out var container))
                        await Look(container, _closing.Token);
            }
            catch (OperationCanceledException) when (_closing.IsCancellationRequested)
            {
                return;
            }
            // Whatever it was: nobody else tells how containers end.
            catch (Exception fault)
            {
                if (delay == FirstDelay && (fault is EngineUnavailableException or EngineException))
                    Away(fault.Message);
                else if (delay == FirstDelay)
                    NotSeen(fault);

                await Task.Delay(delay, time, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay;
            }
        }
    }

    // One that cannot be looked at keeps nobody from looking at the others; it is looked at again with the next stream.
    private async Task LookAtAll(CancellationToken ct)
    {
        Exception? first = null;
        foreach (var container in _live.Values)
        {
            try
            {
                await Look(container, ct);
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                first ??= fault;
            }
        }

        if (first is not null)
            ExceptionDispatchInfo.Throw(first);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "the engine is away: {Why}")]
    private partial void Away(string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "how a container ended could not be seen; it is looked at again")]
    private partial void NotSeen(Exception fault);
}
