using System.Globalization;
using System.Text.Json.Nodes;

namespace Vexa.Cli.Rehearsal;

/// <summary>Answers conversations from a script. Its only state is how often each limited rule has answered.</summary>
internal sealed class ScriptedModel(Script script, TimeProvider time)
{
    private readonly Lock _counting = new();
    private readonly Dictionary<Rule, int> _answered = new(ReferenceEqualityComparer.Instance);

    public Answer Answer(Conversation conversation)
    {
        foreach (var rule in script.Rules)
            if (rule.When.Match(conversation) is { } bound && TryTake(rule))
                return Render(rule, Variables(conversation, bound));
        return NoRule(conversation);
    }

    private bool TryTake(Rule rule)
    {
        if (rule.Times is not { } times)
            return true;

        lock (_counting)
        {
            var so = _answered.GetValueOrDefault(rule);
            _answered[rule] = so + 1;
            return so < times;
        }
    }

    private static Answer Render(Rule rule, Dictionary<string, string> values) => new()
    {
        Rule = rule.Name,
        Fault = rule.Fault,
        Delay = rule.Delay,
        Pace = rule.Pace,
        Blocks = rule.Reply.Select(block => Render(block, values)).ToList(),
    };

    private static AnswerBlock Render(ReplyBlock block, Dictionary<string, string> values) => block switch
    {
        TextReply text => new AnswerText(text.Text.Render(values)),
        ToolReply tool => new ToolUse($"toolu_rehearsal_{Guid.NewGuid():N}", tool.Tool, (JsonObject)tool.Input.Render(values)!),
        _ => throw new ArgumentOutOfRangeException(nameof(block)),
    };

    private Dictionary<string, string> Variables(Conversation conversation, Dictionary<string, string> bound)
    {
        var today = time.GetUtcNow();
        // Built-in names win: a group called cwd must not lead a path elsewhere.
        bound["cwd"] = bound["home"] = conversation.Cwd;
        bound["user"] = conversation.User;
        bound["date"] = today.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        bound["now"] = today.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        bound["year"] = today.ToString("yyyy", CultureInfo.InvariantCulture);
        bound["month"] = today.ToString("MM", CultureInfo.InvariantCulture);
        bound["day"] = today.ToString("dd", CultureInfo.InvariantCulture);
        return bound;
    }

    private Answer NoRule(Conversation conversation)
    {
        var known = script.Prompts.Count == 0 ? "" : " It knows:\n" + string.Join('\n', script.Prompts.Select(prompt => $"- {prompt}"));
        var asked = conversation.User.Length <= 80 ? conversation.User : conversation.User[..80] + "...";
        return new Answer
        {
            Rule = "(none)",
            Blocks =
            [
                new AnswerText($"This is a rehearsal: a script answers, not a model, and it has no rule for \"{asked}\".{known}\n"
                    + "For a real model, set ANTHROPIC_API_KEY (or VEXA_INFERENCE_URL) and start the stack again."),
            ],
        };
    }
}
