using System.Text.Json;
using Spectre.Console;
using Vexa.Cli.Commands;
using Vexa.Contracts;

namespace Vexa.Cli.Client;

/// <summary>Shows events to a person, as they come: text as text, everything else as one line.</summary>
internal sealed class EventPrinter(IAnsiConsole console)
{
    private readonly List<Usage> _usage = [];
    private bool _inText;
    private bool _said;

    public void Print(UnitEvent unitEvent)
    {
        if (unitEvent is MessageDelta delta)
        {
            if (!_inText)
                console.WriteLine();

            (_inText, _said) = (true, true);
            console.Write(new Text(Printable.Clean(delta.Text)));
            return;
        }

        // It is counted while the words still come; the sentence is ended first.
        if (unitEvent is Usage { } counted && _inText)
        {
            _usage.Add(counted);
            return;
        }

        if (_inText)
            console.WriteLine();

        _inText = false;
        _usage.ForEach(Show);
        _usage.Clear();
        Show(unitEvent);
    }

    private void Show(UnitEvent unitEvent)
    {
        switch (unitEvent)
        {
            case Phase phase:
                Line("grey", "·", Words(phase.Name));
                break;
            case ToolCall call:
                Line("blue", "→", $"{call.Tool} {Summary(call.Args)}");
                break;
            case ToolResult result:
                Line(result.Ok ? "blue" : "red", result.Ok ? "←" : "✗", FirstLine(result.Summary));
                break;
            case Commit commit:
                Line("green", "✓", $"commit {commit.Sha[..10]} on {commit.Workspace}: {Plural(commit.Files, "file")}, +{commit.Insertions} -{commit.Deletions}");
                break;
            case Proposal proposal:
                Line("yellow", "!", $"kept as a proposal, {proposal.Ref}: {proposal.Reason}");
                break;
            case Usage usage:
                Line("grey", "·", $"{usage.Model}: {usage.InputTokens:N0} tokens in, {usage.OutputTokens:N0} out");
                break;
            case Rejected rejected:
                Line("yellow", "!", $"refused ({rejected.Rule}): {rejected.Message} {rejected.WouldAllow}");
                break;
            case Error error:
                Line("red", "✗", error.Message);
                Line("red", " ", CalledAs.Tell($"mend: {error.Hint}"));
                break;
            case TurnComplete { Ok: true } complete:
                // A runner that does not stream has said nothing so far.
                if (!_said && complete.Reply is { Length: > 0 } reply)
                    console.WriteLine("\n" + Printable.Clean(reply.TrimEnd()));
                _said = false;
                Line("green", "✓", "turn complete");
                break;
            case TurnComplete:
                _said = false;
                Line("red", "✗", "the turn ended without success");
                break;
            case End end:
                Line("grey", "·", $"container ended: {Words(RunCommands.Lower(end.Reason))}");
                break;
        }
    }

    /// <summary>Shows a unified diff, coloured; of the agent's own session file only that it changed.</summary>
    public void PrintDiff(string diff)
    {
        var (inSession, inHeader) = (false, false);
        foreach (var line in diff.TrimEnd('\n').Split('\n'))
        {
            if (line.StartsWith("diff --git ", StringComparison.Ordinal))
            {
                (inSession, inHeader) = (line.StartsWith("diff --git a/.vexa/", StringComparison.Ordinal), true);
                if (inSession)
                    Line("grey", "·", "the session file has changed: a later message goes on from it");
            }

            if (inSession)
                continue;

            inHeader &= !line.StartsWith("@@", StringComparison.Ordinal);
            var style = line switch
            {
                _ when inHeader => "grey",
                ['@', '@', ..] => "blue",
                ['+', ..] => "green",
                ['-', ..] => "red",
                _ => "default",
            };
            console.Write(new Text("  " + Printable.Clean(line), Style.Parse(style)));
            console.WriteLine();
        }
    }

    private void Line(string colour, string mark, string text)
    {
        console.Write(new Text($"  {mark} ", Style.Parse(colour)));
        console.Write(new Text(Printable.Clean(text), mark is "·" ? Style.Parse("grey") : Style.Plain));
        console.WriteLine();
    }

    private static string Words(string name) => name.Replace('-', ' ').Replace('_', ' ');

    public static string Plural(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";

    private static string FirstLine(string text)
    {
        var line = text.Split('\n', 2)[0].Trim();
        return line.Length > 100 ? line[..99] + "…" : line;
    }

    // The argument that tells most: a path or a command, else the first text.
    private static string Summary(JsonElement args)
    {
        if (args.ValueKind != JsonValueKind.Object)
            return "";

        foreach (var name in (string[])["file_path", "path", "command", "pattern", "query"])
            if (args.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String)
                return FirstLine(value.GetString()!);

        return args.EnumerateObject().Where(p => p.Value.ValueKind == JsonValueKind.String).Select(p => FirstLine(p.Value.GetString()!)).FirstOrDefault() ?? "";
    }
}

/// <summary>Agent-written text for a terminal: no escape sequence of it reaches the terminal.</summary>
internal static class Printable
{
    public static string Clean(string text) =>
        string.Concat(text.Where(c => c is '\n' or '\t' || !(char.IsControl(c) || c is '\u202a' or '\u202b' or '\u202c' or '\u202d' or '\u202e' or '\u2066' or '\u2067' or '\u2068' or '\u2069')));
}
