using System.Text.Json.Nodes;

namespace Vexa.Cli.Contracts;

/// <summary><c>contracts/retired.json</c>: what was given up for a reason, and must not come back unseen.</summary>
internal static class Retired
{
    private static readonly string[] Searched = ["src", "runners", "images", "terminal", "contracts"];
    private static readonly string[] Kinds = [".cs", ".ts", ".tsx", ".json", ".lua", ".proto"];
    private static readonly string[] Passed = ["bin", "obj", "node_modules", "dist"];

    public static IEnumerable<Finding> Check(string repository)
    {
        var list = JsonNode.Parse(File.ReadAllBytes(Path.Combine(repository, "contracts", "retired.json")))!;
        var contracts = list["contracts"]!.AsArray().Select(c => (Name: c!["name"]!.GetValue<string>(), Instead: c["instead"]!.GetValue<string>())).ToList();
        foreach (var (name, instead) in contracts)
            if (Directory.Exists(Path.Combine(repository, "contracts", name)))
                yield return new Finding(name, "retired", $"its folder has come back. {instead}");

        var words = contracts.Select(c => (Word: c.Name, c.Name, c.Instead)).Concat(list["ideas"]!.AsArray()
            .SelectMany(i => i!["words"]!.AsArray().Select(w => (Word: w!.GetValue<string>(), Name: i["name"]!.GetValue<string>(), Instead: i["instead"]!.GetValue<string>())))).ToList();
        foreach (var file in Searched.Select(folder => Path.Combine(repository, folder)).Where(Directory.Exists).SelectMany(Files))
        {
            var text = File.ReadAllText(file);
            foreach (var (_, name, instead) in words.Where(w => text.Contains(w.Word, StringComparison.OrdinalIgnoreCase)).DistinctBy(w => w.Name))
                yield return new Finding(name, "retired", $"{Path.GetRelativePath(repository, file)} speaks of it. {instead}");
        }
    }

    private static IEnumerable<string> Files(string folder) =>
        Directory.EnumerateFiles(folder).Where(f => Kinds.Contains(Path.GetExtension(f)) && Path.GetFileName(f) != "retired.json")
            .Concat(Directory.EnumerateDirectories(folder).Where(d => !Passed.Contains(Path.GetFileName(d))).SelectMany(Files));
}
