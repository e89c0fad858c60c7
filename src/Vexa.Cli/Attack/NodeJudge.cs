using System.Globalization;
using System.Text.RegularExpressions;
using Vexa.Contracts;

namespace Vexa.Cli.Attack;

/// <summary>Attacks of which the script cannot know what came of them: what it writes, leaves or kills is seen from outside only.</summary>
internal static partial class NodeJudge
{
    // A stream takes less by itself; a raw pipe, which weak containers have, takes all of it.
    private const long MostOutput = 40L * 1024 * 1024;

    private static readonly Dictionary<string, Func<CameOut, (Outcome Outcome, string What)?>> Judges = new(StringComparer.Ordinal)
    {
        ["G06"] = Commits,
        ["G07"] = Commits,
        ["G09"] = Ends,
        ["G11"] = Commits,
        ["G17"] = Commits,
        ["G12"] = static came => came.Dispatched is null ? null : came.Dispatched.Events.OfType<Commit>().Any() ? (Outcome.Succeeded, "it was committed") : Ends(came),
        // Where the kernel, or gVisor's, ends the container and not only the process, the limit held too.
        ["H01"] = Ends,
        ["H02"] = Ends,
        ["H05"] = Floods,
        ["H06"] = Floods,
        ["H07"] = Floods,
        ["H08"] = Floods,
        ["H12"] = Ends,
        ["H13"] = Ends,
        ["H14"] = Ends,
        ["H15"] = static came => came.Run is { State: RunState.Ended, EndReason: not StopReason.Deadline } run ? (Outcome.Succeeded, $"the run ended otherwise: {run.EndReason}") : Ends(came),
    };

    /// <summary>Null where the script's own word is all there is, as in the control of most.</summary>
    public static (Outcome Outcome, string What)? Of(TryOut tried, CameOut came) =>
        !Judges.TryGetValue(tried.Id, out var judge) || judge(came) is not { } seen ? null
        : seen.Outcome == Outcome.Refused && tried.End == "1" ? (seen.Outcome, $"{tried.Said}; {seen.What}")
        : seen;

    private static (Outcome, string)? Floods(CameOut came)
    {
        var size = string.Create(CultureInfo.InvariantCulture, $"{came.Bytes / 1e6:0.0} MB came out");
        return came.Bytes > MostOutput ? (Outcome.Succeeded, size) : Ends(came) is (Outcome.Refused, var how) ? (Outcome.Refused, $"{size}; {how}") : Ends(came);
    }

    // The turn has its one end, the run too, and soon.
    private static (Outcome, string)? Ends(CameOut came)
    {
        if (came.Dispatched is null || came.Run is null)
            return null;
        if (!came.Dispatched.Events.OfType<TurnComplete>().Any())
            return (Outcome.Succeeded, "the turn has no end");
        if (came.Run.State != RunState.Ended)
            return (Outcome.Succeeded, "the run does not end");

        var error = came.Dispatched.Events.OfType<Error>().LastOrDefault();
        return (Outcome.Refused, $"the run ended ({came.Run.EndReason}){(error is null ? "" : $": {error.Message}")}");
    }

    private static (Outcome, string)? Commits(CameOut came)
    {
        foreach (Match mode in Mode().Matches(came.Diffs))
            if (mode.Groups[1].Value is not ("100644" or "100755" or "120000"))
                return (Outcome.Succeeded, $"a file of mode {mode.Groups[1].Value} was committed");

        return Ends(came);
    }

    [GeneratedRegex(@"^(?:new file mode|new mode) (\d{6})$", RegexOptions.Multiline)]
    private static partial Regex Mode();
}
