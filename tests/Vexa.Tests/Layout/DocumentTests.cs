using System.Text.RegularExpressions;

namespace Vexa.Tests.Layout;

/// <summary>What the documents name is there.</summary>
public sealed partial class DocumentTests
{
    public static TheoryData<string> Documents => [.. Directory
        .GetFiles(Repository.Root, "*.md", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(Repository.Root, file))
        .Where(file => !file.Contains("node_modules", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal) && !file.StartsWith("artifacts", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_link_and_every_path_in_code_marks_leads_somewhere(string document)
    {
        var text = File.ReadAllText(Repository.Path(document));
        var folder = Path.GetDirectoryName(Repository.Path(document))!;
        foreach (var link in Link().Matches(text).Select(m => m.Groups[1].Value.Split('#')[0]).Where(l => l.Length > 0 && !l.Contains("://", StringComparison.Ordinal)))
            Assert.True(Path.Exists(Path.Combine(folder, link)), $"{document} links to {link}");

        foreach (var path in Mentioned().Matches(text).Select(m => m.Groups[1].Value.TrimEnd('/')).Where(p => !p.Contains('<', StringComparison.Ordinal) && !p.Contains('*', StringComparison.Ordinal)))
            Assert.True(Path.Exists(Repository.Path(path)), $"{document} names {path}");
    }

    [Fact]
    public void Every_decision_has_the_same_form() => Assert.All(Directory.GetFiles(Repository.Path("docs", "decisions"), "*.md"), file =>
    {
        var text = File.ReadAllText(file);
        Assert.StartsWith($"# {Path.GetFileName(file)[..4]}: ", text, StringComparison.Ordinal);
        foreach (var part in (string[])["**Status:** ", "## Decision", "## Consequences"])
            Assert.Contains($"\n{part}", text, StringComparison.Ordinal);
    });

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_setting_named_is_read_somewhere(string document)
    {
        var code = string.Concat(Directory.GetFiles(Repository.Path("src"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal)).Select(File.ReadAllText)) + File.ReadAllText(Repository.Path("vexa"));
        foreach (var setting in Setting().Matches(File.ReadAllText(Repository.Path(document))).Select(m => m.Value).Distinct())
            Assert.Contains(setting, code, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"`((?:src|docs|tests|bench|runners|images|rehearsal|contracts)/[^`\s]*)`")]
    private static partial Regex Mentioned();

    [GeneratedRegex(@"\bVEXA_[A-Z_]+\b")]
    private static partial Regex Setting();
}
