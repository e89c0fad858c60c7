using System.Text;

namespace Vexa.Workspaces;

/// <summary>The answer to a push: for each ref whether it moved (<c>report-status</c>), and words for the person who pushed.</summary>
internal static class PushAnswer
{
    private const byte Report = 1;
    private const byte Message = 2;

    // Of the longest line, the byte that names the band.
    private const int MostInBand = PktLine.Longest - 1;

    /// <param name="refusal">Why no ref moved, for a machine in a few words; null where all did.</param>
    /// <param name="words">For the person; shown behind <c>remote:</c>.</param>
    public static async Task Write(Stream output, PushRequest push, string? refusal, string? words, CancellationToken ct)
    {
        var report = new MemoryStream();
        report.Write(PktLine.Of("unpack ok\n").Span);
        foreach (var update in push.Updates)
            report.Write(PktLine.Of(refusal is null ? $"ok {update.Name}\n" : $"ng {update.Name} {refusal}\n").Span);
        report.Write(PktLine.Flush.Span);
        if (!push.HasSideband)
        {
            await output.WriteAsync(report.ToArray(), ct);
            return;
        }

        if (words is not null)
            await Band(output, Message, Encoding.UTF8.GetBytes(words + "\n"), ct);
        await Band(output, Report, report.ToArray(), ct);
        await output.WriteAsync(PktLine.Flush, ct);
    }

    private static async Task Band(Stream output, byte band, byte[] content, CancellationToken ct)
    {
        foreach (var part in content.Chunk(MostInBand))
            await output.WriteAsync(PktLine.Of([band, .. part]), ct);
    }
}
