using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Vexa.Cli.Commands;
using Vexa.Contracts;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Vexa.Cli.Rehearsal;

/// <summary>Reads a script strictly: what it does not know, it refuses, with the line.</summary>
internal static class ScriptFile
{
    private const int LongestDelayMs = 600_000;

    /// <exception cref="VexaException">The file cannot be read, or is no script.</exception>
    public static Script Load(string path)
    {
        try
        {
            return Parse(File.ReadAllText(path), path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Faults.Input("rehearsal-script", $"The rehearsal script cannot be read: {path}", "Name an existing file with --script.", fault);
        }
    }

    /// <param name="path">For messages only.</param>
    /// <exception cref="VexaException">It is no script.</exception>
    public static Script Parse(string yaml, string path)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(yaml));
            if (stream.Documents.Count != 1)
                throw new YamlException("the file must hold one document");

            var root = new YamlFields(stream.Documents[0].RootNode, "the script");
            var script = new Script
            {
                Prompts = root.Optional("prompts")?.Let(node => YamlFields.List(node, "prompts").Select(YamlFields.Text).ToList()) ?? [],
                Rules = YamlFields.List(root.Required("rules"), "rules").Select((node, i) => ReadRule(node, i + 1)).ToList(),
            };
            root.RefuseOthers();
            return script;
        }
        catch (YamlException fault)
        {
            throw Faults.Input("rehearsal-script", $"{path}:{fault.Start.Line}: {fault.Message.TrimEnd('.')}.",
                "Correct that line; rehearsal/README.md describes the format.", fault);
        }
    }

    private static Rule ReadRule(YamlNode node, int number)
    {
        var fields = new YamlFields(node, "a rule");
        var when = ReadCondition(fields.Optional("when"));
        var known = new HashSet<string>(when.Variables.Concat(Template.BuiltIn), StringComparer.Ordinal);
        var rule = new Rule
        {
            Name = fields.Optional("name")?.Let(YamlFields.Text) ?? $"rule {number}",
            When = when,
            Reply = fields.Optional("reply")?.Let(reply => YamlFields.List(reply, "reply").Select(block => ReadBlock(block, known)).ToList()) ?? [],
            Fault = fields.Optional("fault")?.Let(ReadFault),
            Delay = TimeSpan.FromMilliseconds(fields.Optional("delay_ms")?.Let(n => YamlFields.Number(n, 0, LongestDelayMs)) ?? 0),
            Pace = TimeSpan.FromMilliseconds(fields.Optional("pace_ms")?.Let(n => YamlFields.Number(n, 0, 10_000)) ?? 0),
            Times = fields.Optional("times")?.Let(n => YamlFields.Number(n, 1, int.MaxValue)),
        };
        fields.RefuseOthers();
        if (rule.Reply.Count == 0 && rule.Fault is null or CloseMidStreamFault)
            throw YamlFields.At(node, "a rule needs a reply, or a fault other than close_mid_stream");
        if (rule.Reply.Count > 0 && rule.Fault is not null and not CloseMidStreamFault)
            throw YamlFields.At(node, "a rule has a reply or a fault, not both");
        return rule;
    }

    private static Condition ReadCondition(YamlNode? node)
    {
        if (node is null)
            return new Condition();

        var fields = new YamlFields(node, "when");
        var when = new Condition
        {
            User = fields.Optional("user")?.Let(ReadRegex),
            Turn = fields.Optional("turn")?.Let(n => YamlFields.Number(n, 1, 10_000)),
            ToolResults = fields.Optional("tool_results")?.Let(n => YamlFields.Number(n, 0, 10_000)),
            ToolResult = fields.Optional("tool_result")?.Let(ReadRegex),
            ContainsHistory = fields.Optional("contains_history")?.Let(ReadRegex),
        };
        fields.RefuseOthers();
        return when;
    }

    // Linear time whatever the expression: a prompt is as long as its sender likes.
    private static Regex ReadRegex(YamlNode node)
    {
        try
        {
            return new Regex(YamlFields.Text(node), RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);
        }
        catch (Exception fault) when (fault is ArgumentException or NotSupportedException)
        {
            throw YamlFields.At(node, "this expression is not possible here: " + fault.Message);
        }
    }

    private static ReplyBlock ReadBlock(YamlNode node, IReadOnlySet<string> known)
    {
        var fields = new YamlFields(node, "a reply block");
        ReplyBlock block;
        if (fields.Optional("text") is { } text)
        {
            block = new TextReply(ReadTemplate(text, known));
        }
        else
        {
            var tool = YamlFields.Text(fields.Required("tool"));
            block = ReadJson(fields.Required("input"), known) is JsonTemplate.Map input
                ? new ToolReply(tool, input)
                : throw YamlFields.At(node, "the input of a tool is a map");
        }

        fields.RefuseOthers();
        return block;
    }

    private static Template ReadTemplate(YamlNode node, IReadOnlySet<string> known)
    {
        try
        {
            var template = Template.Parse(YamlFields.Text(node));
            return template.Variables.FirstOrDefault(name => !known.Contains(name)) is { } unknown
                ? throw new FormatException($"'${{{unknown}}}' is not known here, only {string.Join(", ", known.Order(StringComparer.Ordinal))}")
                : template;
        }
        catch (FormatException fault)
        {
            throw YamlFields.At(node, fault.Message);
        }
    }

    private static JsonTemplate ReadJson(YamlNode node, IReadOnlySet<string> known) => node switch
    {
        YamlMappingNode map => new JsonTemplate.Map([.. map.Children.Select(child => KeyValuePair.Create(YamlFields.Text(child.Key), ReadJson(child.Value, known)))]),
        YamlSequenceNode list => new JsonTemplate.List([.. list.Children.Select(child => ReadJson(child, known))]),
        YamlScalarNode { Style: ScalarStyle.Plain, Value: "null" or "~" or "" } => new JsonTemplate.Constant(null),
        YamlScalarNode { Style: ScalarStyle.Plain, Value: "true" or "false" } truth => new JsonTemplate.Constant(JsonValue.Create(truth.Value == "true")),
        YamlScalarNode { Style: ScalarStyle.Plain } number when long.TryParse(number.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) =>
            new JsonTemplate.Constant(JsonValue.Create(whole)),
        _ => new JsonTemplate.Text(ReadTemplate(node, known)),
    };

    private static Fault ReadFault(YamlNode node)
    {
        if (node is YamlScalarNode)
            return YamlFields.Text(node) switch
            {
                "garbage" => new GarbageFault(),
                "hang" => new HangFault(),
                "close_mid_stream" => new CloseMidStreamFault(),
                var other => throw YamlFields.At(node, $"there is no fault '{other}', only garbage, hang, close_mid_stream and {{status: ...}}"),
            };

        var fields = new YamlFields(node, "fault");
        var fault = new StatusFault(
            YamlFields.Number(fields.Required("status"), 400, 599),
            fields.Optional("retry_after")?.Let(n => YamlFields.Number(n, 0, 86_400)),
            fields.Optional("body")?.Let(YamlFields.Text));
        fields.RefuseOthers();
        return fault;
    }
}
