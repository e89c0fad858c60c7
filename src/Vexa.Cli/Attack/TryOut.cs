using System.Globalization;
using System.Text.RegularExpressions;

namespace Vexa.Cli.Attack;

/// <summary>What one run of one script came to.</summary>
/// <param name="End">Its exit code, or <c>timeout</c>, <c>signal-9</c>, <c>missing</c>; <c>lost</c> where its end was never heard of.</param>
internal sealed record TryOut(string Id, string End, int Milliseconds, string Output)
{
    /// <summary>What the node made of it, where the script cannot judge itself.</summary>
    public (Outcome Outcome, string What)? Seen { get; init; }

    /// <summary>The last line that it printed.</summary>
    public string Said => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault() ?? "";
}

/// <summary>Reads what <c>attacks/run.pl</c> prints.</summary>
internal static partial class TryOuts
{
    /// <summary>In the order in which they began. What stands between them (an attack that floods the runner's own output) is nobody's.</summary>
    public static IReadOnlyList<TryOut> Read(string printed)
    {
        List<TryOut> read = [];
        string? open = null;
        List<string> lines = [];
        foreach (var line in printed.Split('\n'))
        {
            if (Begin().Match(line) is { Success: true } begin)
            {
                Lost();
                (open, lines) = (begin.Groups[1].Value, []);
            }
            // The beginning may have gone under in what an attack wrote into the stream itself.
            else if (End().Match(line) is { Success: true } end && (open is null || end.Groups[1].Value == open))
            {
                read.Add(new TryOut(end.Groups[1].Value, end.Groups[2].Value, int.Parse(end.Groups[3].ValueSpan, CultureInfo.InvariantCulture), string.Join('\n', lines)));
                (open, lines) = (null, []);
            }
            else if (line.StartsWith("| ", StringComparison.Ordinal))
                lines.Add(line[2..]);
        }

        Lost();
        return read;

        void Lost()
        {
            if (open is not null)
                read.Add(new TryOut(open, "lost", 0, string.Join('\n', lines)));
        }
    }

    [GeneratedRegex(@"^::begin ([A-Z]\d\d)$")]
    private static partial Regex Begin();

    [GeneratedRegex(@"^::end ([A-Z]\d\d) exit=([a-z0-9-]+) ms=(\d+)$")]
    private static partial Regex End();
}
