using System.Text.RegularExpressions;
using Vexa.Cli.Attack;

namespace Vexa.Tests.Attacks;

/// <summary>The documents and the attacks say the same.</summary>
public sealed partial class AttackDocumentsTests
{
    private static readonly IReadOnlyList<AttackScript> Attacks = AttackFolder.Read(Repository.Path("attacks"));

    [Fact]
    public void The_threat_model_names_every_attack_and_none_that_is_not_there() =>
        Assert.Equal(Attacks.Select(attack => attack.Id), Id().Matches(File.ReadAllText(Repository.Path("docs", "threat-model.md"))).Select(match => match.Value).Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public void Every_weakness_is_described_as_it_is_and_used()
    {
        var rows = File.ReadAllLines(Repository.Path("attacks", "README.md"));
        var used = Attacks.SelectMany(attack => attack.Control).ToHashSet();
        Assert.All(Weaknesses.All, weakness =>
        {
            Assert.Contains($"| `{weakness.Name}` | {weakness.Meaning} |", rows);
            Assert.Contains(weakness.Name, used);
        });
    }

    [Fact]
    public void Every_group_has_a_folder_of_its_letter_and_a_row()
    {
        var text = File.ReadAllText(Repository.Path("attacks", "README.md"));
        foreach (var file in Directory.EnumerateFiles(Repository.Path("attacks"), "*-*.pl", SearchOption.AllDirectories))
        {
            var folder = Path.GetFileName(Path.GetDirectoryName(file)!);
            Assert.Equal(Path.GetFileName(file)[0], folder[0]);
            Assert.Contains($"| {folder[0]} | `{folder}` |", text, StringComparison.Ordinal);
        }
    }

    [GeneratedRegex(@"\b[A-Z]\d\d\b")]
    private static partial Regex Id();
}
