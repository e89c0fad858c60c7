using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace Vexa.Door.Listeners;

/// <summary>
/// One Kestrel listener fed by many sockets: Kestrel cannot add endpoints while it runs, and a host per dispatch would be waste.
/// </summary>
internal sealed class DoorTransport(DoorSockets sockets) : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    public bool CanBind(EndPoint endpoint) => endpoint is DoorEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult<IConnectionListener>(new Listener(endpoint, sockets.Accepted));

    private sealed class Listener(EndPoint endpoint, ChannelReader<ConnectionContext> accepted) : IConnectionListener
    {
        private readonly CancellationTokenSource _unbound = new();

        public EndPoint EndPoint => endpoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _unbound.Token);
            try
            {
                return await accepted.ReadAsync(either.Token);
            }
            catch (Exception end) when (end is ChannelClosedException or OperationCanceledException)
            {
                return null;
            }
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => new(_unbound.CancelAsync());

        public ValueTask DisposeAsync()
        {
            _unbound.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

/// <summary>Stands for "all door sockets" in Kestrel's list of endpoints.</summary>
internal sealed class DoorEndPoint : EndPoint
{
    public override string ToString() => "door";
}
