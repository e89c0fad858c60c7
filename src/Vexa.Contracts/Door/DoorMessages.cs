namespace Vexa.Contracts;

/// <summary>
/// <c>POST /v1/events</c>: frames from the worker, numbered by it, so that a retry is never a duplicate. The door stamps dispatch
/// and time.
/// </summary>
/// <param name="First">The number of the first event in the list; 1, 2, 3, ... over the worker's life.</param>
/// <param name="Events">At most 256.</param>
[Contract("worker.v1")]
public sealed record EventAppend(long First, IReadOnlyList<UnitEvent> Events);

/// <param name="Last">The number of the last event that is now in the stream.</param>
[Contract("worker.v1")]
public sealed record EventAppended(long Last);

/// <summary><c>GET /v1/inbox?after=&lt;seq&gt;&amp;wait=&lt;seconds&gt;</c>: what came after the message numbered <c>after</c>.</summary>
[Contract("worker.v1")]
public sealed record Inbox(IReadOnlyList<UnitMessage> Messages);

/// <summary>
/// <c>POST /v1/inbox/close</c>: the worker means to exit. Refused (<c>Closed = false</c>) where a message came after
/// <c>After</c>; otherwise no later message is accepted, so none can fall between the last look and the exit.
/// </summary>
[Contract("worker.v1")]
public sealed record InboxClose(long After);

[Contract("worker.v1")]
public sealed record InboxClosed(bool Closed);

/// <summary><c>POST /v1/token</c>: a fresh token for the one presented.</summary>
[Contract("worker.v1")]
public sealed record RenewedToken(string Token);
