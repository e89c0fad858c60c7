using System.Globalization;

namespace Vexa.Tests.Workspaces.Merging;

/// <summary>Notes as people and agents write them, and what they do to them; each line that comes in is a new one.</summary>
internal sealed class RandomNotes(int seed)
{
    private readonly Random _random = new(seed);
    private int _written;

    public int Next(int most) => _random.Next(most);

    public string Note()
    {
        var lines = new List<string>();
        if (_random.Next(3) > 0)
            lines.AddRange(["---", "title: t", "status: open", "# a remark", "tags:", "  - one", "---"]);

        lines.AddRange(["# Top", "", Fresh()]);
        foreach (var name in "ABCD".Take(_random.Next(5)))
        {
            lines.AddRange(["", $"{(_random.Next(3) == 0 ? "###" : "##")} {name}", ""]);
            for (var i = _random.Next(4); i > 0; i--)
                lines.Add((_random.Next(2) == 0 ? "- " : "") + Fresh());
        }

        return Text(lines);
    }

    public string Edit(string note)
    {
        var lines = note.Split('\n').ToList();
        for (var edits = _random.Next(4); edits >= 0; edits--)
            Edit(lines, _random.Next(lines.Count));

        return string.Join('\n', lines);
    }

    private void Edit(List<string> lines, int at)
    {
        switch (_random.Next(10))
        {
            case 0:
                lines.RemoveAt(at);
                if (lines.Count == 0)
                    lines.Add("");
                break;
            case 1:
                lines[at] = "- " + Fresh();
                break;
            case 2:
                lines.InsertRange(at, ["", $"## {Fresh()}", Fresh()]);
                break;
            case 3:
                lines.AddRange([$"## {Fresh()}", "- " + Fresh(), ""]);
                break;
            case 4 when lines[0] == "---":
                lines.Insert(1 + _random.Next(2), $"{Fresh()}: x");
                break;
            case 5:
                lines.Insert(at, _random.Next(2) == 0 ? "```" : "---");
                break;
            default:
                lines.Insert(at, (_random.Next(2) == 0 ? "- " : "") + Fresh());
                break;
        }
    }

    private string Fresh() => string.Create(CultureInfo.InvariantCulture, $"line{++_written}");

    private string Text(List<string> lines) => string.Join('\n', lines) + (_random.Next(4) == 0 ? "" : "\n");
}
