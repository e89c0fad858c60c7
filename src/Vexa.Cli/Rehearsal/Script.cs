using System.Text.RegularExpressions;

namespace Vexa.Cli.Rehearsal;

/// <summary>Ordered rules: the first that matches a conversation answers it.</summary>
internal sealed record Script
{
    /// <summary>Prompts that the script knows, told where no rule matches.</summary>
    public IReadOnlyList<string> Prompts { get; init; } = [];
    public required IReadOnlyList<Rule> Rules { get; init; }
}

/// <summary>A match and its answer: a reply, or a fault.</summary>
internal sealed record Rule
{
    public required string Name { get; init; }
    public required Condition When { get; init; }
    public IReadOnlyList<ReplyBlock> Reply { get; init; } = [];
    public Fault? Fault { get; init; }
    /// <summary>Before anything is answered.</summary>
    public TimeSpan Delay { get; init; }
    /// <summary>Between two pieces of streamed text.</summary>
    public TimeSpan Pace { get; init; }
    /// <summary>How often the rule answers before it is passed over; absent, always.</summary>
    public int? Times { get; init; }
}

/// <summary>All that are given must hold.</summary>
internal sealed record Condition
{
    /// <summary>On the last text that a person wrote.</summary>
    public Regex? User { get; init; }
    public int? Turn { get; init; }
    public int? ToolResults { get; init; }
    /// <summary>On the last tool result since then.</summary>
    public Regex? ToolResult { get; init; }
    /// <summary>On what was said before: holds only where the session really went on. The last match counts.</summary>
    public Regex? ContainsHistory { get; init; }

    private IEnumerable<Regex> Expressions => new[] { ContainsHistory, ToolResult, User }.OfType<Regex>();

    /// <summary>Names that the expressions bind.</summary>
    public IEnumerable<string> Variables => Expressions.SelectMany(NamesOf);

    /// <summary>The variables that the expressions bound, or null where the condition does not hold.</summary>
    public Dictionary<string, string>? Match(Conversation conversation)
    {
        if ((Turn is { } turn && turn != conversation.Turn) || (ToolResults is { } results && results != conversation.ToolResults))
            return null;

        var bound = new Dictionary<string, string>(StringComparer.Ordinal);
        return Bind(ContainsHistory, ContainsHistory?.Matches(conversation.History).LastOrDefault(), bound)
            && Bind(ToolResult, ToolResult?.Match(conversation.LastToolResult), bound)
            && Bind(User, User?.Match(conversation.User), bound)
            ? bound
            : null;
    }

    private static bool Bind(Regex? expression, Match? match, Dictionary<string, string> bound)
    {
        if (expression is null)
            return true;
        if (match is not { Success: true })
            return false;

        foreach (var name in NamesOf(expression))
            bound[name] = match.Groups[name].Value;
        return true;
    }

    private static IEnumerable<string> NamesOf(Regex expression) => expression.GetGroupNames().Where(name => !char.IsAsciiDigit(name[0]));
}

/// <summary>A content block of the answer.</summary>
internal abstract record ReplyBlock;

internal sealed record TextReply(Template Text) : ReplyBlock;

internal sealed record ToolReply(string Tool, JsonTemplate Input) : ReplyBlock;

/// <summary>How the model misbehaves.</summary>
internal abstract record Fault;

/// <param name="RetryAfter">In seconds.</param>
/// <param name="Body">Instead of the protocol's own error body.</param>
internal sealed record StatusFault(int Status, int? RetryAfter, string? Body) : Fault;

/// <summary>An answer that is not the protocol.</summary>
internal sealed record GarbageFault : Fault;

/// <summary>No answer, and no end.</summary>
internal sealed record HangFault : Fault;

/// <summary>The reply breaks off in the middle, and so does the connection.</summary>
internal sealed record CloseMidStreamFault : Fault;
