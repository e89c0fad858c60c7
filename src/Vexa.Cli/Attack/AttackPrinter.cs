using Spectre.Console;
using Vexa.Cli.Client;
using Vexa.Cli.Commands;

namespace Vexa.Cli.Attack;

/// <summary>Results for a person, as they come. What an attack said came from a container and is shown as plain text.</summary>
internal static class AttackPrinter
{
    public static void Print(Terminal terminal, AttackResult result, int number, int all)
    {
        var colour = result.Ok ? "green" : "red";
        terminal.Output.MarkupLineInterpolated($"[bold]{result.Id}[/] [{colour}]{result.Outcome?.ToString().ToLowerInvariant() ?? "left out"}[/]  {result.Title}  [dim]({number}/{all}, {result.Milliseconds} ms)[/]");
        terminal.Line($"    expected  {result.Expected}");
        terminal.Line($"    happened  {Printable.Clean(result.Happened)}");
        if (result.Control is { } control)
            terminal.Line($"    control   {control.With}: {(control.Bites ? "" : "DOES NOT BITE: ")}{Printable.Clean(control.Happened)}");
    }

    public static void Print(Terminal terminal, TargetReport report)
    {
        foreach (var check in report.Checks)
            terminal.Line($"    {(check.Ok ? "ok  " : "FAIL")}  {check.Name}{(check.Ok ? "" : $": {Printable.Clean(check.What)}")}");
        terminal.Output.MarkupLineInterpolated(
            $"[bold {(report.Ok ? "green" : "red")}]{report.On}: {report.Attacks.Count(a => a.Outcome is not null)} attacks, {report.Succeeded} succeeded, {report.Inconclusive} inconclusive, {report.Toothless} without teeth, {report.Checks.Count(check => !check.Ok)} checks failed, {report.Seconds:0} s[/]");
        terminal.Line();
    }
}
