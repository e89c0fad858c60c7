using System.Text.Json;
using System.Text.RegularExpressions;
using Vexa.Contracts;
using Vexa.Schemas;

namespace Vexa.Control.Runners;

/// <summary>The agent-runner definitions of this installation, one JSON file each, read and checked at start. A later folder wins.</summary>
internal sealed partial class RunnerCatalog
{
    private readonly Dictionary<RunnerName, AgentRunner> _runners;

    private RunnerCatalog(Dictionary<RunnerName, AgentRunner> runners) => _runners = runners;

    public IReadOnlyCollection<AgentRunner> All => _runners.Values;

    /// <exception cref="VexaException">A definition is wrong; all faults of all files are told at once.</exception>
    public static RunnerCatalog Load(IReadOnlyList<string> folders)
    {
        var runners = new Dictionary<RunnerName, AgentRunner>();
        var faults = new List<string>();
        foreach (var file in folders.Where(Directory.Exists).SelectMany(folder => Directory.GetFiles(folder, "*.json")))
        {
            try
            {
                var runner = Contract.Read(File.ReadAllBytes(file), VexaJson.Default.AgentRunner);
                faults.AddRange(Check(runner, Path.GetFileNameWithoutExtension(file)).Select(fault => $"{Path.GetFileName(file)}: {fault}"));
                runners[runner.Name] = runner;
            }
            catch (JsonException fault)
            {
                faults.Add($"{Path.GetFileName(file)}: {fault.Message}");
            }
        }

        if (faults.Count > 0)
            throw new VexaException(Stage.Compose, Party.Operator, "runner-definition", $"Runner definitions are wrong: {string.Join("; ", faults)}",
                $"Mend the files in {string.Join(" and ", folders)}; see docs/adding-a-runner.md.");

        return new RunnerCatalog(runners);
    }

    /// <exception cref="VexaException">404 <c>unknown-runner</c>.</exception>
    public AgentRunner Get(RunnerName name) => _runners.TryGetValue(name, out var runner)
        ? runner
        : throw new VexaException(Stage.Compose, Party.Caller, "unknown-runner", $"There is no runner called {name}.",
            _runners.Count == 0 ? "Add a definition under runners/." : $"There are: {string.Join(", ", _runners.Keys.Select(k => k.Value).Order())}.")
        { Status = 404 };

    internal static IEnumerable<string> Check(AgentRunner runner, string fileName)
    {
        if (runner.Name.Value != fileName)
            yield return $"name is {runner.Name}, the file is called {fileName}";

        // The contract knows more than this version drives.
        if (runner.Turns != RunnerTurns.Process)
            yield return "turns: only process is driven here";
        if (runner.Stream is not (StreamFormat.ClaudeStreamJson or StreamFormat.Text))
            yield return "stream: only claude-stream-json and text are understood here";
        if (runner.Inference.Dialect != InferenceDialect.Anthropic)
            yield return "inference.dialect: only anthropic is relayed here";
        if (runner.Mcp is not null)
            yield return "mcp: no MCP server is offered here";

        if (runner.Isolation is Isolation.Kata)
            yield return "isolation: kata is not driven here";

        foreach (var argument in runner.Argv.Concat(runner.ResumeArgv ?? []))
        {
            if (argument.Contains('\0', StringComparison.Ordinal))
                yield return "an argument holds a NUL";

            foreach (var unknown in Placeholder().Matches(argument).Select(m => m.Value).Except(AgentRunner.Placeholders))
                yield return $"unknown placeholder {unknown}";
        }

        if (Path.IsPathRooted(runner.Session.Path) || runner.Session.Path.Split('/').Any(s => s is "" or "." or ".." or ".git"))
            yield return "session.path is not a plain path inside the workspace";
    }

    [GeneratedRegex(@"\{[a-z_]+\}")]
    private static partial Regex Placeholder();
}
