using System.Net.Sockets;

namespace Vexa.Worker.Door;

/// <summary>
/// The fast way to the first frame. People wait for that frame, and the general path to it (JSON metadata of the inbox, of the frames and
/// of the order) takes several times as long as everything that is here: see the measurements in README.md. So the very first look into
/// the inbox and frame number 1 are done with bytes; whatever is not exactly as expected is left to the general path, which is
/// right in any case: it sends the same frame under the same number, and the door takes a number once.
/// </summary>
internal static class Opening
{
    /// <summary>More than the longest poll.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(40);

    private static string InboxTarget => "/v1/inbox?after=0&wait=25";

    /// <returns>True where frame number 1 is in the stream: <c>agent-starting</c> of the first prompt's turn.</returns>
    public static async Task<bool> Try(UnixHttpClient http, DoorToken token, TimeProvider clock)
    {
        using var late = new CancellationTokenSource(Longest, clock);
        var cancellation = late.Token;
        try
        {
            var inbox = await http.Send("GET", InboxTarget, token.Current, null, Stream.Null, cancellation);
            if (inbox.Status != 200 || FirstTurn(inbox.Body) is not { } turn)
                return false;

            var sent = await http.Send("POST", "/v1/events", token.Current, "application/json", new MemoryStream(FirstFrame(turn)), cancellation);
            return sent.Status == 200;
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>The append of the phase frame, exactly as the serialiser writes it.</summary>
    public static byte[] FirstFrame(string turn) =>
        System.Text.Encoding.Latin1.GetBytes(
            $$"""{"first":1,"events":[{"type":"phase","name":"agent-starting","turn":"{{turn}}"}]}""");

    /// <summary>
    /// The turn of the first prompt. Inside of JSON strings quotes are escaped, so these byte sequences are property names and nothing else.
    /// A cancel in the inbox also names a turn; then the general path decides.
    /// </summary>
    public static string? FirstTurn(ReadOnlySpan<byte> inbox)
    {
        if (!inbox.StartsWith("{\"messages\":[{\"type\":\"prompt\","u8) || inbox.IndexOf("\"type\":\"cancel\""u8) >= 0)
            return null;

        var at = inbox.IndexOf("\"turn\":\""u8);
        if (at < 0)
            return null;
        var rest = inbox[(at + 8)..];
        var end = rest.IndexOf((byte)'"');
        if (end is < 1 or > Slug.MaxLength)
            return null;
        var turn = System.Text.Encoding.Latin1.GetString(rest[..end]);
        return Slug.IsValid(turn) ? turn : null;
    }
}
