using Vexa.Contracts;

namespace Vexa.Door.Listeners;

/// <summary>
/// What is known of a connection before a byte of it was read: the dispatch whose socket it came in by, confirmed by the kernel's word
/// on the peer. A connection feature, so it is there on every request.
/// </summary>
internal sealed class DoorPeer(DispatchId dispatch, int pid)
{
    public DispatchId Dispatch { get; } = dispatch;

    public int Pid { get; } = pid;

    /// <summary>How many more of the dispatch's model calls may be held in memory now. One for all of its connections.</summary>
    public required SemaphoreSlim CallsInMemory { get; init; }

    /// <summary>The token that <c>POST /v1/bind</c> presented on this connection. It is verified again on every request.</summary>
    public string? BoundToken { get; set; }
}
