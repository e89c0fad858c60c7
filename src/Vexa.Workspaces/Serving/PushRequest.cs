using System.Text;

namespace Vexa.Workspaces;

/// <summary>What a <c>git push</c> asks for, before its pack (gitprotocol-pack(5), "Reference Update Request").</summary>
/// <param name="Updates">In their order; at least one.</param>
/// <param name="HasSideband">The answer may carry messages for the person.</param>
internal sealed record PushRequest(IReadOnlyList<RefUpdate> Updates, bool HasSideband)
{
    /// <summary>What we offer. No deletion, no push options: a client that wants them hears so from its own git.</summary>
    public const string Capabilities = "report-status side-band-64k ofs-delta object-format=sha1 agent=vexa";

    private const int MostUpdates = 64;

    /// <summary>
    /// Reads up to the pack. Null where the client asks for nothing yet: before a body that it sends in pieces, beyond its
    /// <c>http.postBuffer</c>, git posts a lone flush, to be told whether it may.
    /// </summary>
    /// <exception cref="InvalidDataException">This is no such request.</exception>
    public static async Task<PushRequest?> Read(Stream input, CancellationToken ct)
    {
        var updates = new List<RefUpdate>();
        var capabilities = "";
        while (await PktLine.Read(input, ct) is { } line)
        {
            // Where the client's own history ends. Ours does not: what is pushed stands on a trunk that is all there.
            if (updates.Count == 0 && line.AsSpan().StartsWith("shallow "u8))
                continue;
            if (updates.Count == MostUpdates)
                throw new InvalidDataException($"more than {MostUpdates} refs at once");

            var text = Encoding.UTF8.GetString(line).TrimEnd('\n').Split('\0', 2);
            if (updates.Count == 0 && text.Length == 2)
                capabilities = text[1];
            updates.Add(text[0].Split(' ', 3) is [var from, var to, var name] && Sha.IsValid(from) && Sha.IsValid(to) ? new RefUpdate(from, to, name) : throw new InvalidDataException("a line does not say which ref is to move"));
        }

        return updates.Count > 0 ? new PushRequest(updates, capabilities.Split(' ').Contains("side-band-64k")) : null;
    }
}

internal sealed record RefUpdate(string From, string To, string Name)
{
    private static readonly string Zero = new('0', Sha.Length);

    public bool IsDeletion => To == Zero;

    public bool IsNew => From == Zero;
}
