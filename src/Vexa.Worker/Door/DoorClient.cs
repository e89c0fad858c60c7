using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Vexa.Worker.Door;

/// <summary>
/// The agent side of the door. Every call either succeeds, throws <see cref="DoorUnavailableException"/> (try again) or throws a
/// <see cref="VexaException"/> with the door's own words (do not).
/// </summary>
internal sealed class DoorClient(UnixHttpClient http, DoorToken token, TimeProvider clock)
{
    /// <summary>The longest long poll that the door allows.</summary>
    private const int PollSeconds = 25;

    /// <summary>True where nothing that this worker says will be accepted any more.</summary>
    public static bool IsFinal(VexaException refusal) =>
        refusal is { Status: 401 or 403 } or { Rule: "turn-closed" or "dispatch-ended" };

    public Task<EventAppended> Append(long first, IReadOnlyList<UnitEvent> events, CancellationToken cancellation) =>
        Post("/v1/events", new(first, events), VexaJson.Default.EventAppend, VexaJson.Default.EventAppended, cancellation);

    public Task<Inbox> Inbox(long after, CancellationToken cancellation) =>
        Send("GET", $"/v1/inbox?after={after}&wait={PollSeconds}", null, Stream.Null, TimeSpan.FromSeconds(PollSeconds + 15),
            VexaJson.Default.Inbox, cancellation);

    public Task<InboxClosed> CloseInbox(long after, CancellationToken cancellation) =>
        Post("/v1/inbox/close", new(after), VexaJson.Default.InboxClose, VexaJson.Default.InboxClosed, cancellation);

    public async Task<CommitResult> PushBundle(WorkspaceId workspace, TurnId turn, string file, CancellationToken cancellation)
    {
        await using var bundle = File.OpenRead(file);
        return await Send("POST", $"/v1/workspaces/{workspace}/bundle?turn={turn}", MediaTypes.GitBundle, bundle,
            TimeSpan.FromMinutes(2), VexaJson.Default.CommitResult, cancellation);
    }

    public Task<RenewedToken> RenewToken(CancellationToken cancellation) =>
        Send("POST", "/v1/token", null, Stream.Null, TimeSpan.FromSeconds(15), VexaJson.Default.RenewedToken, cancellation);

    private Task<TReply> Post<TBody, TReply>(
        string target, TBody body, JsonTypeInfo<TBody> bodyType, JsonTypeInfo<TReply> replyType, CancellationToken cancellation) =>
        Send("POST", target, "application/json", new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(body, bodyType)),
            TimeSpan.FromSeconds(30), replyType, cancellation);

    private async Task<T> Send<T>(
        string method, string target, string? mediaType, Stream body, TimeSpan patience, JsonTypeInfo<T> replyType, CancellationToken cancellation)
    {
        using var late = new CancellationTokenSource(patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        HttpReply reply;
        try
        {
            reply = await http.Send(method, target, token.Current, mediaType, body, either.Token);
        }
        catch (Exception e) when (e is IOException or SocketException || (e is OperationCanceledException && late.IsCancellationRequested
            && !cancellation.IsCancellationRequested))
        {
            throw new DoorUnavailableException("The door does not answer.", e);
        }

        return reply.Status == 200 ? Parse(reply, replyType) : throw Refusal(reply);
    }

    private static T Parse<T>(HttpReply reply, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(reply.Body, type) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new VexaException(Stage.Door, Party.Vexa, "door-reply", "The door answered in a shape that the worker does not know.",
                "Build the worker and the door from the same version.", e);
        }
    }

    private static Exception Refusal(HttpReply reply)
    {
        if (reply.Status is 408 or 429 or >= 500)
            return new DoorUnavailableException($"The door answered {reply.Status}.");
        if (reply.MediaType == Problem.MediaType)
            return (Parse(reply, VexaJson.Default.Problem) with { Status = reply.Status }).ToException();
        return new VexaException(Stage.Door, Party.Vexa, "door-refused", $"The door answered {reply.Status}.",
            "Look for the request in the door's log.")
        { Status = reply.Status };
    }
}
