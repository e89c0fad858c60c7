using System.Collections.Concurrent;
using System.CommandLine;
using System.CommandLine.Parsing;
using Spectre.Console;
using Vexa.Cli.Commands;
using Vexa.Cli.Images;
using Vexa.Cli.Stack;

namespace Vexa.Cli.Attack;

/// <summary>
/// <c>vexa attack</c>: acts as a hostile agent, from inside of real containers of a throw-away stack, and tells what came of each attempt.
/// </summary>
internal static class AttackCommand
{
    public static Command Create()
    {
        var on = new Option<string[]>("--on") { Description = "runc, gvisor, docker or docker-gvisor; else all that this node has.", AllowMultipleArgumentsPerToken = true };
        var only = new Option<string?>("--only") { Description = "These alone: A01,A02." };
        var group = new Option<string?>("--group") { Description = "One group: A." };
        var noControls = new Option<bool>("--no-controls") { Description = "Do not try that each attack bites." };
        var list = new Option<bool>("--list") { Description = "Say what there is, and do nothing." };
        var command = new Command("attack", "Try to break out, as a hostile agent.") { on, only, group, noControls, list, Terminal.JsonOption() };
        command.SetAction(async (parsed, _) =>
        {
            var terminal = Terminal.Of(parsed);
            var attacks = Choose(AttackFolder.Read(AttackFolder.Path), parsed.GetValue(only), parsed.GetValue(group));
            if (parsed.GetValue(list))
                return List(attacks, terminal);

            var targets = Targets(parsed.GetValue(on) ?? []);
            using var signals = new StopSignals();
            signals.EndAtSecond();
            await AgentImage.Ensure(StackOptions.FromEnvironment(), terminal, signals.Ask);
            var report = await Run(attacks, targets, !parsed.GetValue(noControls), asked: parsed.GetValue(on) is { Length: > 0 }, terminal, signals.Ask);
            terminal.Result(report, AttackJson.Default.AttackReport);
            return report.Ok ? ExitCodes.Ok : ExitCodes.Failed;
        });
        return command;
    }

    private static async Task<AttackReport> Run(
        List<AttackScript> attacks, IReadOnlyList<AttackTarget> targets, bool controls, bool asked, Terminal terminal, CancellationToken ct)
    {
        List<TargetReport> reports = [];
        var options = StackOptions.FromEnvironment();
        var weak = new ConcurrentDictionary<string, TryOut>(StringComparer.Ordinal);
        foreach (var target in targets)
        {
            if (target.Missing(options) is { } missing)
            {
                if (asked)
                    throw Faults.Machine("attack-target", $"There is no {target.Kind} here: {missing}.", "Run: vexa setup");
                reports.Add(new TargetReport { On = target.Kind, Skipped = missing });
                terminal.Line($"{target.Kind}: left out, {missing}");
                continue;
            }

            terminal.Line($"{target.Kind}: {attacks.Count} attacks");
            var told = 0;
            var suite = new AttackSuite(target, attacks, options.ImagesFolder)
            {
                WithControls = controls,
                Weak = weak,
                Told = result =>
                {
                    lock (reports)
                        AttackPrinter.Print(terminal, result, ++told, attacks.Count);
                },
            };
            reports.Add(await suite.Run(ct));
            AttackPrinter.Print(terminal, reports[^1]);
        }

        return new AttackReport(reports.All(report => report.Ok) && reports.Any(report => report.Skipped is null), reports);
    }

    private static List<AttackScript> Choose(IReadOnlyList<AttackScript> all, string? only, string? group)
    {
        var ids = only?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (ids?.Except(all.Select(attack => attack.Id)).ToList() is { Count: > 0 } unknown)
            throw Faults.Input("attack-unknown", $"There is no attack {string.Join(", ", unknown)}.", "See what there is: vexa attack --list");
        var chosen = all.Where(attack => ids?.Contains(attack.Id) != false && (group is null || group == attack.Group.ToString())).ToList();
        return chosen.Count > 0 ? chosen : throw Faults.Input("attack-none", "That leaves no attack.", "See what there is: vexa attack --list");
    }

    private static IReadOnlyList<AttackTarget> Targets(string[] kinds) => Array.Find(kinds, kind => !AttackTarget.IsKind(kind)) is { } unknown
        ? throw Faults.Input("usage", $"There is no kind of isolation called {unknown}.", $"Say one of: {string.Join(", ", AttackTarget.All.Select(target => target.Kind))}.")
        : [.. AttackTarget.All.Where(target => kinds.Length == 0 || kinds.Contains(target.Kind))];

    private static int List(List<AttackScript> attacks, Terminal terminal)
    {
        terminal.Result([.. attacks.Select(attack => new AttackListing(attack.Id, attack.Title, attack.Expect, attack.Control))], AttackJson.Default.IReadOnlyListAttackListing);
        foreach (var attack in attacks)
            terminal.Line($"{attack.Id}  {attack.Title}");
        return ExitCodes.Ok;
    }
}
