using System.Globalization;
using System.Text.RegularExpressions;

namespace Vexa.Cli.Testing;

/// <summary>Counts what the suites print as they run, and keeps what they say of the tests that failed.</summary>
internal sealed partial class TestTally
{
    private readonly List<string> _failures = [];
    private bool _inFailure;

    public int Total { get; private set; }
    public int Failed { get; set; }
    public int Passed => Total - Failed - Skipped;

    /// <summary>The names of the tests that failed, each followed by its message and trace, as the suite printed them.</summary>
    public IReadOnlyList<string> Failures => _failures;

    private int Skipped { get; set; }

    /// <summary>Takes the next line of a suite's output.</summary>
    public void Read(string line)
    {
        // "   Vexa.Tests  Total: 186, Errors: 0, Failed: 3, Skipped: 0, Not Run: 0, Time: 2.939s"
        if (Summary().Match(line) is { Success: true } match)
        {
            Total += Number(match, 1);
            Failed += Number(match, 2) + Number(match, 3);
            Skipped += Number(match, 4);
        }

        // "    Some.Tests.It_holds [FAIL]", then what is indented deeper. What other tests write meanwhile is not indented at all.
        var indent = line.Length - line.TrimStart(' ').Length;
        if (indent is > 0 and <= 4)
            _inFailure = indent == 4 && line.EndsWith(" [FAIL]", StringComparison.Ordinal);
        if (_inFailure && indent > 0)
            _failures.Add(line);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Passed} passed, {Failed} failed, {Skipped} skipped");

    private static int Number(Match match, int group) => int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"Total: (\d+), Errors: (\d+), Failed: (\d+), Skipped: (\d+)")]
    private static partial Regex Summary();
}
