using System.Text.RegularExpressions;

namespace Vexa.Cli.Setup;

/// <summary>Which of the programs are there, and in which version.</summary>
internal static partial class ToolChecks
{
    public static async Task<IReadOnlyList<Finding>> Run(CancellationToken ct)
    {
        var shown = Prerequisite.All.Where(tool => tool.Command != "setsid").ToList();
        return await Task.WhenAll(shown.Select(tool => Check(tool, ct)));
    }

    private static async Task<Finding> Check(Prerequisite tool, CancellationToken ct)
    {
        if (await tool.AskVersion(ct) is not { } said)
            return Finding.Wrong(tool.Command, $"missing: {tool.Why}", $"sudo apt-get install {string.Join(' ', tool.Packages)}");
        return tool.Command == "runc" ? RuncVersion.Judge(said) : Finding.Ok(tool.Command, Number().Match(said) is { Success: true } number ? number.Value : said);
    }

    [GeneratedRegex(@"\d+(\.\d+)+")]
    private static partial Regex Number();
}
