using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Vexa.Tests.Layout;

/// <summary>Who may know whom. A trust boundary that the compiler holds needs no reviewer.</summary>
public sealed class ReferenceTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Vexa.Contracts"] = [],
        ["Vexa.Schemas"] = ["Vexa.Contracts"],
        ["Vexa.Redis"] = [],
        ["Vexa.Docker"] = [],
        ["Vexa.Streams"] = ["Vexa.Contracts", "Vexa.Redis", "Vexa.Schemas"],
        ["Vexa.Workspaces"] = ["Vexa.Contracts", "Vexa.Schemas"],
        ["Vexa.Identity"] = ["Vexa.Contracts", "Vexa.Schemas"],
        ["Vexa.Hosting"] = ["Vexa.Contracts", "Vexa.Identity", "Vexa.Schemas"],
        ["Vexa.Runtime"] = ["Vexa.Contracts", "Vexa.Docker", "Vexa.Hosting", "Vexa.Identity"],
        ["Vexa.Door"] = ["Vexa.Contracts", "Vexa.Hosting", "Vexa.Identity", "Vexa.Streams"],
        ["Vexa.Control"] = ["Vexa.Contracts", "Vexa.Hosting", "Vexa.Identity", "Vexa.Streams", "Vexa.Workspaces"],
        ["Vexa.Worker"] = ["Vexa.Contracts"],
        ["Vexa.Cli"] = ["Vexa.Contracts", "Vexa.Control", "Vexa.Door", "Vexa.Hosting", "Vexa.Runtime"],
    };

    [Fact]
    public void Projects_reference_what_the_architecture_allows_and_nothing_else()
    {
        var actual = Directory.GetFiles(Repository.Path("src"), "*.csproj", SearchOption.AllDirectories).ToDictionary(
            file => Path.GetFileNameWithoutExtension(file),
            file => XDocument.Load(file).Descendants("ProjectReference").Select(r => Path.GetFileNameWithoutExtension((string)r.Attribute("Include")!)).Order().ToArray());

        Assert.Equal(Allowed.Keys.Order(), actual.Keys.Order());
        foreach (var (project, references) in Allowed)
            Assert.Equal(references, actual[project]);
    }

    [Fact]
    public void Control_and_door_have_no_word_about_a_container_engine()
    {
        foreach (var module in (string[])["Vexa.Control", "Vexa.Door", "Vexa.Workspaces", "Vexa.Identity"])
            foreach (var file in Directory.GetFiles(Repository.Path("src", module), "*.cs", SearchOption.AllDirectories).Where(f => !f.Contains("/obj/", StringComparison.Ordinal)))
                Assert.DoesNotMatch(new Regex(@"\brunc\b|docker\.sock|containerd", RegexOptions.IgnoreCase), WithoutComments(File.ReadAllText(file)));
    }

    [Fact]
    public void Only_the_worker_starts_an_agent_process()
    {
        // The in-process path must not come back: outside the worker nothing reads a runner's argv.
        foreach (var file in Directory.GetFiles(Repository.Path("src"), "*.cs", SearchOption.AllDirectories).Where(f => !f.Contains("/obj/", StringComparison.Ordinal)))
            if (!file.Contains("/Vexa.Worker/", StringComparison.Ordinal) && !file.Contains("/Vexa.Contracts/", StringComparison.Ordinal) && !file.EndsWith("RunnerCatalog.cs", StringComparison.Ordinal))
                Assert.DoesNotContain(".ResumeArgv", File.ReadAllText(file), StringComparison.Ordinal);
    }

    private static string WithoutComments(string code) => Regex.Replace(code, @"//.*", "");
}
