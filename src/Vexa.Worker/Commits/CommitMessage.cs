using System.Text;

namespace Vexa.Worker.Commits;

/// <summary>The message of a turn's commit: the prompt, shortened to a subject line, and trailers that say where it came from.</summary>
internal static class CommitMessage
{
    private const int MaxSubject = 72;

    public static string For(WorkerOrder order, Prompt prompt) =>
        $"{Subject(prompt)}\n\nDispatch: {order.Dispatch}\nTurn: {prompt.Turn}\nLauncher: {order.Launcher}\nRunner: {order.Runner.Name}\n";

    private static string Subject(Prompt prompt)
    {
        var subject = new StringBuilder();
        foreach (var rune in Formats.SafeText.Of(prompt.Text, 4 * MaxSubject).EnumerateRunes())
        {
            if (!Rune.IsWhiteSpace(rune))
                subject.Append(rune);
            else if (subject.Length > 0 && subject[^1] != ' ')
                subject.Append(' ');
        }

        var text = subject.ToString().TrimEnd();
        if (text.Length == 0)
            return $"Turn {prompt.Turn}";
        if (text.Length <= MaxSubject)
            return text;

        var keep = MaxSubject - 3;
        if (text.LastIndexOf(' ', keep) is > MaxSubject / 2 and var word)
            keep = word;
        if (char.IsHighSurrogate(text[keep - 1]))
            keep--;
        return text[..keep].TrimEnd() + "...";
    }
}
