using System.Text;
using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>The text of a commit object: what ours say, and what an agent's must say.</summary>
internal static class CommitText
{
    public const string OurEmail = "vexa@vexa.local";

    /// <summary>Who commits what we make.</summary>
    public const string Committer = $"Vexa <{OurEmail}>";

    /// <summary>Begins the line that names the dispatch.</summary>
    public const string DispatchTrailer = "Dispatch: ";

    private const string TurnTrailer = "Turn: ";

    public static string Author(SubjectId subject) => $"{subject} <{subject}@vexa.local>";

    public static string Trailers(ReceiveRequest request) =>
        $"{DispatchTrailer}{request.Dispatch}\n{TurnTrailer}{request.Turn}\nLauncher: {request.Launcher}\nRunner: {request.Runner}\n";

    /// <summary>The turn that one of our commits is of; null where it is of another dispatch, or of none.</summary>
    public static TurnId? TurnOf(string message, DispatchId dispatch)
    {
        var lines = message.Split('\n').Skip(1).ToList();
        return lines.Contains(DispatchTrailer + dispatch) && lines.Find(line => line.StartsWith(TurnTrailer, StringComparison.Ordinal)) is { } turn
            && Id.TryParse<TurnId>(turn[TurnTrailer.Length..], out var id) ? id : null;
    }

    /// <summary>A commit of ours.</summary>
    public static byte[] Of(string tree, IEnumerable<string> parents, SubjectId author, DateTimeOffset at, string message)
    {
        var time = $"{at.ToUnixTimeSeconds()} +0000";
        return Encoding.UTF8.GetBytes(
            $"tree {tree}\n{string.Concat(parents.Select(p => $"parent {p}\n"))}author {Author(author)} {time}\ncommitter {Committer} {time}\n\n{message}");
    }

    /// <summary>True where a commit says that we have made it.</summary>
    public static bool IsOurs(ReadOnlySpan<byte> content)
    {
        var text = Encoding.Latin1.GetString(content);
        var end = text.IndexOf("\n\n", StringComparison.Ordinal);
        return (end < 0 ? text : text[..end]).Split('\n').Any(line => line.StartsWith("committer ", StringComparison.Ordinal) && line.Contains($"<{OurEmail}>", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Reads an agent's commit and refuses whatever is not exactly as the worker makes it.</summary>
    /// <exception cref="VexaException">Rules <c>one-commit</c>, <c>commit-headers</c>, <c>commit-author</c>, <c>commit-message</c>, <c>commit-trailers</c>.</exception>
    public static AgentCommit Check(string sha, string parent, ReadOnlySpan<byte> content, ReceiveRequest request, DateTimeOffset now)
    {
        var text = Utf8(content);
        var end = text.IndexOf("\n\n", StringComparison.Ordinal);
        if (end < 0)
            throw Refused("commit-headers", "The commit has no message.");

        var headers = text[..end].Split('\n');
        if (headers.Count(h => h.StartsWith("parent ", StringComparison.Ordinal)) != 1 || headers.Length < 2 || headers[1] != $"parent {parent}")
            throw Refused("one-commit", "The bundle must bring exactly one commit, on top of the commit that it names as its base.", "Squash the turn's work into one commit.");
        if (headers is not [_, _, var author, var committer] || !headers[0].StartsWith("tree ", StringComparison.Ordinal))
            throw Refused("commit-headers", "The commit must have the headers tree, parent, author, committer and no others.");

        CheckPerson(author, $"author {Author(request.Subject)}", now);
        CheckPerson(committer, $"committer {Committer}", now);
        return new AgentCommit(sha, parent, headers[0]["tree ".Length..], Subject(text[(end + 2)..], request));
    }

    /// <summary>The dispatch that a commit of ours names: its own, or that of the work which it merges. Anybody else's may name what it likes.</summary>
    public static DispatchId? DispatchOf(CommitContent commit)
    {
        var named = IsOurs(commit.Whole.Span) ? commit.Message.Split('\n').LastOrDefault(line => line.StartsWith(DispatchTrailer, StringComparison.Ordinal)) : null;
        return Id.TryParse<DispatchId>(named?[DispatchTrailer.Length..], out var dispatch) ? dispatch : null;
    }

    private static string Subject(string message, ReceiveRequest request)
    {
        var end = message.IndexOf('\n', StringComparison.Ordinal);
        var subject = end < 0 ? message : message[..end];
        if (subject.Length is 0 or > 72 || subject.Any(char.IsControl))
            throw Refused("commit-message", "The commit's first line must have 1 to 72 characters of text.");

        return message[subject.Length..] == $"\n\n{Trailers(request)}"
            ? subject
            : throw Refused("commit-trailers", "The commit's trailers must name its dispatch, turn, launcher and runner, and nothing else may follow the first line.");
    }

    private static void CheckPerson(string line, string expected, DateTimeOffset now)
    {
        var rest = line.StartsWith(expected + " ", StringComparison.Ordinal) ? line[(expected.Length + 1)..].Split(' ') : [];
        if (rest is not [var seconds, ['+' or '-', ..] zone] || zone.Length != 5 || !zone.AsSpan(1).ContainsOnlyDigits()
            || seconds.Length > 11 || !seconds.AsSpan().ContainsOnlyDigits() || seconds.Length == 0)
            throw Refused("commit-author", $"The commit must say '{expected}'.");

        if (long.Parse(seconds, System.Globalization.CultureInfo.InvariantCulture) > now.AddDays(1).ToUnixTimeSeconds())
            throw Refused("commit-author", "The commit comes from the future.", "Check the clock of the machine.");
    }

    private static bool ContainsOnlyDigits(this ReadOnlySpan<char> text) => text.IndexOfAnyExceptInRange('0', '9') < 0;

    private static string Utf8(ReadOnlySpan<byte> content)
    {
        try
        {
            return StrictUtf8.GetString(content);
        }
        catch (DecoderFallbackException fault)
        {
            throw new VexaException(Stage.WorkspaceCommit, Party.Agent, "commit-message", "The commit is not UTF-8 text.", "Write its message in UTF-8.", fault);
        }
    }

    private static VexaException Refused(string rule, string message, string hint = "Leave committing to the worker: it makes the one commit of a turn as it must be.") =>
        new(Stage.WorkspaceCommit, Party.Agent, rule, message, hint);

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);
}

/// <summary>A commit that passed every check.</summary>
/// <param name="Subject">First line of its message.</param>
internal sealed record AgentCommit(string Sha, string Parent, string Tree, string Subject)
{
    /// <summary>That it brings.</summary>
    public NewNames Names { get; init; } = NewNames.None;
}
