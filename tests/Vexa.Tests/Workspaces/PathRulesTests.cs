using FsCheck;
using FsCheck.Fluent;
using Vexa.Workspaces;

namespace Vexa.Tests.Workspaces;

public sealed class PathRulesTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("notes/2026/july 1.md")]
    [InlineData(".gitignore")]
    [InlineData(".gitattributes")]
    [InlineData(".github/workflows/x.yml")]
    [InlineData(".vexa/sessions/claude-code/projects/-workspaces-home/1.jsonl")]
    [InlineData("git")]
    [InlineData("git~x")]
    [InlineData("...")]
    [InlineData("a..b")]
    [InlineData("Grüße/日本語/😀")]
    public void Ordinary_paths_pass(string path) => Assert.Null(PathRules.Fault(path));

    [Theory]
    [InlineData("")]
    [InlineData("/etc/passwd")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a/../b")]
    [InlineData("a/./b")]
    [InlineData(".git")]
    [InlineData(".git/config")]
    [InlineData("a/.GIT/config")]
    [InlineData(".giT.")]
    [InlineData(".git ")]
    [InlineData(".git . .")]
    [InlineData(".git::$INDEX_ALLOCATION")]
    [InlineData("GIT~1")]
    [InlineData("git~1/config")]
    [InlineData("a\\..\\..\\b")]
    [InlineData("line\nbreak")]
    [InlineData("nul\0")]
    [InlineData("escape\u001b[31m")]
    [InlineData("not utf-8 \ufffd")]
    public void Paths_that_could_lead_astray_do_not(string path) => Assert.NotNull(PathRules.Fault(path));

    [Fact]
    public void Characters_that_a_file_system_drops_hide_no_git_folder()
    {
        foreach (var dropped in "\u200c\u200d\u200e\u200f\u202a\u202e\u206a\u206f\ufeff")
            Assert.NotNull(PathRules.Fault($".g{dropped}it/config"));
    }

    [Fact]
    public void Sizes_have_limits()
    {
        Assert.NotNull(PathRules.Fault(new string('a', 256)));
        Assert.NotNull(PathRules.Fault(string.Join('/', Enumerable.Repeat("a", 65))));
        Assert.NotNull(PathRules.Fault(string.Join('/', Enumerable.Repeat(new string('a', 200), 6))));
        Assert.Null(PathRules.Fault(string.Join('/', Enumerable.Repeat("a", 64))));
    }

    [Theory]
    [InlineData("l", "a")]
    [InlineData("l", "./a/b")]
    [InlineData("a/l", "../b")]
    [InlineData("a/b/l", "../../c/d")]
    [InlineData("node_modules/.bin/x", "../x/cli.js")]
    public void Links_within_the_workspace_pass(string path, string target) => Assert.Null(PathRules.LinkFault(path, target));

    [Theory]
    [InlineData("l", "")]
    [InlineData("l", "/etc/passwd")]
    [InlineData("l", "..")]
    [InlineData("l", "../x")]
    [InlineData("a/l", "../../x")]
    [InlineData("a/l", ".././../x")]
    [InlineData("l", "a/../b")]
    [InlineData("l", "a/../../x")]
    [InlineData("l", ".git/config")]
    [InlineData("a/l", "../.GIT/hooks")]
    [InlineData("l", "..\\..\\x")]
    [InlineData("l", "a\\b")]
    [InlineData("l", "C:/x")]
    [InlineData("l", "c:x")]
    [InlineData("l", "a\nb")]
    [InlineData("l", "a\u001b[31m")]
    [InlineData("l", "a\ufffd")]
    public void Links_that_leave_it_do_not(string path, string target) => Assert.NotNull(PathRules.LinkFault(path, target));

    [Fact]
    public void No_set_of_links_that_pass_ever_leads_out()
    {
        string[] names = ["a", "b", "c", "a/d", "a/e", "b/f"];
        var target = Gen.Elements("a", "b", "c", "d", "e", "f", ".", "..").ArrayOf().Where(parts => parts.Length is > 0 and < 6).Select(parts => string.Join('/', parts));
        var links = target.ArrayOf(names.Length).Select(targets => names.Zip(targets).Where(l => PathRules.LinkFault(l.First, l.Second) is null)
            .ToDictionary(l => l.First, l => l.Second));

        Prop.ForAll(links.ToArbitrary(), tree => tree.Keys.All(start => StaysInside(tree, start))).QuickCheckThrowOnFailure();
    }

    // Walks a link as a kernel does; loops and missing names end the walk.
    private static bool StaysInside(Dictionary<string, string> links, string start)
    {
        var at = new List<string>();
        var todo = new Stack<string>(start.Split('/').Reverse());
        for (var steps = 0; steps < 100 && todo.TryPop(out var step); steps++)
            if (step == ".." && at.Count == 0)
                return false;
            else if (step == "..")
                at.RemoveAt(at.Count - 1);
            else if (step != ".")
            {
                var path = string.Join('/', at.Append(step));
                if (!links.TryGetValue(path, out var target))
                    at.Add(step);
                else
                    foreach (var part in target.Split('/').Reverse())
                        todo.Push(part);
            }

        return true;
    }
}
