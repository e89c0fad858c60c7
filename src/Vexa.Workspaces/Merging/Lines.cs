namespace Vexa.Workspaces;

/// <summary>Text as lines, each with its own end.</summary>
internal static class Lines
{
    public static List<string> Split(string text)
    {
        var lines = new List<string>();
        for (var start = 0; start < text.Length;)
        {
            var end = text.IndexOf('\n', start);
            end = end < 0 ? text.Length : end + 1;
            lines.Add(text[start..end]);
            start = end;
        }

        return lines;
    }

    public static bool IsBlank(string line) => string.IsNullOrWhiteSpace(line);
}
