using System.Globalization;
using System.Text.RegularExpressions;
using Vexa.Cli.Commands;

namespace Vexa.Cli.Attack;

/// <summary>One attack: a Perl script whose first comment lines say what it tries; <c>attacks/README.md</c> tells the format.</summary>
internal sealed partial record AttackScript
{
    private const string Honest = "honest";

    public required string Id { get; init; }
    public required string Title { get; init; }
    /// <summary>What has to happen.</summary>
    public required string Expect { get; init; }
    /// <summary>The weaknesses that make it succeed; none where the script makes the same probe where that is allowed.</summary>
    public required IReadOnlyList<string> Control { get; init; }
    /// <summary>It wrecks its container or fills it up, so it gets one of its own.</summary>
    public required bool Alone { get; init; }
    public required int Seconds { get; init; }
    /// <summary>The wall-clock limit of its dispatch, in seconds; 0 where it needs none of its own.</summary>
    public required int Wall { get; init; }
    /// <summary>Why it has no meaning on an isolation kind.</summary>
    public required IReadOnlyDictionary<string, string> Skips { get; init; }

    public char Group => Id[0];

    public bool HasHonestControl => Control.Count == 0;

    /// <summary>Why it has no meaning there; null where it has. What is said of gVisor holds for every backend.</summary>
    public string? SkipOn(AttackTarget target) => Skips.GetValueOrDefault(target.Kind) ?? Skips.GetValueOrDefault(target.Isolation == "gvisor" ? "gvisor" : target.Kind);

    /// <exception cref="Vexa.Contracts.VexaException">The header breaks the format.</exception>
    public static AttackScript Parse(string path, string text)
    {
        var name = Path.GetFileName(path);
        RefuseIf(FileName().Match(name) is not { Success: true }, path, "its name is not ID-words.pl");
        var fields = Header(path, text).ToLookup(field => field.Name, field => field.Value, StringComparer.Ordinal);
        string One(string field) => fields[field].ToList() is [{ Length: > 0 } value] ? value : throw Bad(path, $"it needs one line '# {field}: ...'");
        var control = One("control").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        int Number(string field, int absent) => !fields[field].Any() ? absent
            : int.TryParse(One(field), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 1 and <= 120 ? number
            : throw Bad(path, $"{field} is not a number from 1 to 120");
        RefuseIf(fields["alone"].Any(value => value != "yes"), path, "alone can only be yes");
        RefuseIf(fields["wall"].Any() && !fields["alone"].Any(), path, "wall is for attacks that are alone");
        RefuseIf(control is not [Honest] && control.Except(Weaknesses.Names).Any(), path, $"its control names no weakness that there is: {string.Join(' ', control.Except(Weaknesses.Names))}");
        var skips = fields["skip"].Select(skip => skip.Split(": ", 2)).ToList();
        RefuseIf(skips.Any(skip => skip is not [_, { Length: > 0 }] || !AttackTarget.IsKind(skip[0])), path, "skip is not KIND: why");
        return new AttackScript
        {
            Id = name.Split('-', 2)[0],
            Title = One("title"),
            Expect = One("expect"),
            Control = control is [Honest] ? [] : control,
            Alone = fields["alone"].Any(),
            Seconds = Number("seconds", absent: 10),
            Wall = Number("wall", absent: 0),
            Skips = skips.ToDictionary(skip => skip[0], skip => skip[1], StringComparer.Ordinal),
        };
    }

    private static IEnumerable<(string Name, string Value)> Header(string path, string text)
    {
        foreach (var line in text.Split('\n').TakeWhile(line => line.StartsWith("# ", StringComparison.Ordinal)))
            yield return Field().Match(line) is { Success: true } field ? (field.Groups[1].Value, field.Groups[2].Value.Trim()) : throw Bad(path, $"this is no line of a header: {line}");
    }

    private static void RefuseIf(bool wrong, string path, string what)
    {
        if (wrong)
            throw Bad(path, what);
    }

    private static Vexa.Contracts.VexaException Bad(string path, string what) =>
        Faults.Input("attack-header", $"{path} is no attack: {what}.", "attacks/README.md tells the format.");

    [GeneratedRegex(@"^[A-Z]\d\d-[a-z0-9-]+\.pl$")]
    private static partial Regex FileName();

    [GeneratedRegex("^# (title|expect|control|alone|seconds|wall|skip): (.*)$")]
    private static partial Regex Field();
}
