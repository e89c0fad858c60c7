using System.Text.RegularExpressions;
using Vexa.Cli.Stack;
using Vexa.Runtime.Oci;

namespace Vexa.Cli.Setup;

/// <summary>Which of the programs are there, and in which version.</summary>
internal static partial class ToolChecks
{
    /// <summary>All that is needed with these settings, and other engines that are installed: a runner may ask for one.</summary>
    public static async Task<IReadOnlyList<Finding>> Run(StackOptions options, CancellationToken ct)
    {
        var shown = Prerequisite.For(options).Where(tool => tool.Command != "setsid");
        var engines = Prerequisite.Engines.Where(engine => engine.FindPath() is not null);
        return await Task.WhenAll(shown.Union(engines).Select(tool => Check(tool, options, ct)));
    }

    private static async Task<Finding> Check(Prerequisite tool, StackOptions options, CancellationToken ct)
    {
        if (await tool.AskVersion(ct) is not { } said)
            return Finding.Wrong(tool.Command, $"missing: {tool.Why}", $"sudo apt-get install {string.Join(' ', tool.Packages)}");
        if (tool.Command == Path.GetFileName(options.OciRuntime) && OciFitness.FindFault(tool.Command, ControlGroups.Read()) is { } fault)
            return Finding.Wrong(tool.Command, fault.Message, fault.Hint);
        return EngineVersion.Judges(tool.Command) ? EngineVersion.Judge(tool.Command, said) : Finding.Ok(tool.Command, Number().Match(said) is { Success: true } number ? number.Value : said);
    }

    [GeneratedRegex(@"\d+(\.\d+)+")]
    private static partial Regex Number();
}
