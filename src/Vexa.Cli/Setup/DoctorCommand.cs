using System.CommandLine;
using System.Text.Json.Serialization;
using Spectre.Console;
using Vexa.Cli.Commands;
using Vexa.Cli.Stack;

namespace Vexa.Cli.Setup;

/// <summary><c>vexa doctor</c>: one screen of what is installed, what runs, what is wrong and what mends it.</summary>
internal static class DoctorCommand
{
    private const int DetailWidth = 60;

    public static Command Create()
    {
        var orphans = new Option<bool>("--orphans") { Description = "Only what is left of containers that nobody cares for; none is the rule." };
        var command = new Command("doctor", "What is wrong, and the command that mends it.") { orphans, Terminal.JsonOption() };
        command.SetAction(async (parsed, ct) =>
        {
            var terminal = Terminal.Of(parsed);
            var options = StackOptions.FromEnvironment();
            if (parsed.GetValue(orphans))
                return await ShowOrphans(options, terminal, ct);

            var tools = ToolChecks.Run(options, ct);
            var stack = StackChecks.Run(options, TimeProvider.System, ct);
            var bucket = BucketChecks.Run(options, TimeProvider.System, ct);
            var engine = EngineChecks.Run(options, TimeProvider.System, ct);
            IReadOnlyList<Finding> all = [.. MachineChecks.Run(options), .. await tools, .. await engine, .. await bucket, .. await stack];
            var ok = all.All(finding => finding.Verdict != Verdict.Wrong);
            terminal.Result(new DoctorReport(ok, all), SetupJson.Default.DoctorReport);
            Print(terminal.Output, all);
            return ok ? ExitCodes.Ok : ExitCodes.Failed;
        });
        return command;
    }

    private static async Task<int> ShowOrphans(StackOptions options, Terminal terminal, CancellationToken ct)
    {
        var found = await OrphanCheck.Find(options, ct);
        terminal.Result(new OrphanReport(found.Count == 0, found), SetupJson.Default.OrphanReport);
        foreach (var orphan in found)
            terminal.Line(orphan);
        terminal.Line(found.Count == 0 ? "There are no orphans." : CalledAs.Tell("mend  the runtime removes them when it starts: vexa down && vexa up --detach"));
        return found.Count == 0 ? ExitCodes.Ok : ExitCodes.Failed;
    }

    internal static void Print(IAnsiConsole console, IReadOnlyList<Finding> all)
    {
        foreach (var finding in all)
        {
            var (mark, colour) = finding.Verdict switch
            {
                Verdict.Ok => ("ok", "green"),
                Verdict.Warn => ("warn", "yellow"),
                _ => ("WRONG", "red"),
            };
            // What is well may be cut to keep its line; what is not is read to its end.
            var detail = finding.Detail.Length <= DetailWidth || finding.Verdict != Verdict.Ok ? finding.Detail : finding.Detail[..(DetailWidth - 3)] + "...";
            console.MarkupLine($"[{colour}]{mark,-5}[/] {finding.Name,-12} {CalledAs.Tell(detail).EscapeMarkup()}");
        }

        var toMend = all.Where(finding => finding.Mend is not null).ToList();
        console.WriteLine();
        if (toMend.Count == 0)
            console.WriteLine("All is well.");
        var install = toMend.Count(finding => finding.Mend!.StartsWith("sudo apt-get install ", StringComparison.Ordinal)) > 1;
        if (install)
            console.WriteLine(CalledAs.Tell("mend  what is missing: vexa setup"));
        foreach (var finding in toMend.Where(finding => !install || !finding.Mend!.StartsWith("sudo apt-get install ", StringComparison.Ordinal)))
            console.WriteLine(CalledAs.Tell($"mend  {finding.Name}: {finding.Mend}"));
    }
}

/// <summary>What <c>vexa doctor --json</c> prints.</summary>
internal sealed record DoctorReport(bool Ok, IReadOnlyList<Finding> Findings);

/// <summary>What <c>vexa doctor --orphans --json</c> prints.</summary>
internal sealed record OrphanReport(bool Ok, IReadOnlyList<string> Orphans);

/// <summary>What <c>vexa setup --json</c> prints.</summary>
internal sealed record SetupReport(bool Ok, IReadOnlyList<string> Installed);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DoctorReport))]
[JsonSerializable(typeof(OrphanReport))]
[JsonSerializable(typeof(SetupReport))]
internal sealed partial class SetupJson : JsonSerializerContext;
