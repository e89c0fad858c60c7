using System.CommandLine;
using System.Text.Json;
using Spectre.Console;
using Vexa.Cli.Commands;
using Vexa.Contracts;

namespace Vexa.Cli.Client;

/// <summary><c>vexa runs | show | events | cancel</c>: what ran, and what to do about it.</summary>
internal static class RunCommands
{
    // As many as the API gives at once.
    private const int MostRuns = 200;

    public static Command Runs()
    {
        var limit = new Option<int>("--limit", "-n") { Description = "How many, newest first.", DefaultValueFactory = _ => 20 };
        limit.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && int.TryParse(token.Value, out var most) && most is < 1 or > MostRuns)
                result.AddError($"--limit is 1 to {MostRuns}, not {token.Value}.");
        });
        var command = new Command("runs", "List runs, newest first.") { limit, Terminal.JsonOption() };
        command.SetAction((parsed, ct) => With(parsed, async (client, terminal) =>
        {
            var list = await client.Runs(parsed.GetValue(limit), ct);
            terminal.Result(list, VexaJson.Default.RunList);
            if (list.Runs.Count == 0)
                terminal.Advise("No runs yet. Try: vexa ask \"Say hello\"");
            else
                terminal.Output.Write(Table(list.Runs));
        }, ct));
        return command;
    }

    public static Command Show()
    {
        var run = RunArgument();
        var command = new Command("show", "Show one run: turns, commits, outcome.") { run, Terminal.JsonOption() };
        command.SetAction((parsed, ct) => With(parsed, async (client, terminal) =>
        {
            var found = await client.Run(Id.Parse<DispatchId>(parsed.GetValue(run)), ct);
            terminal.Result(found, VexaJson.Default.Run);
            Describe(terminal, found);
        }, ct));
        return command;
    }

    public static Command Events()
    {
        var run = RunArgument();
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on until the run ends." };
        var command = new Command("events", "Print a run's events.") { run, follow, Terminal.JsonOption("One JSON object a line, an event each, instead of text.") };
        command.SetAction((parsed, ct) => With(parsed, async (client, terminal) =>
        {
            var printer = new EventPrinter(terminal.Output);
            var id = Id.Parse<DispatchId>(parsed.GetValue(run));
            if (parsed.GetValue(follow))
                await foreach (var unitEvent in client.Follow(id, ct))
                    Tell(unitEvent);
            else
                foreach (var unitEvent in await client.Events(id, ct))
                    Tell(unitEvent);

            void Tell(UnitEvent unitEvent)
            {
                terminal.Result(unitEvent, VexaJson.Default.UnitEvent);
                if (!terminal.Json)
                    printer.Print(unitEvent);
            }
        }, ct));
        return command;
    }

    public static Command Cancel()
    {
        var run = RunArgument();
        var command = new Command("cancel", "Stop what a run is doing, or waits for.") { run, Terminal.JsonOption() };
        command.SetAction((parsed, ct) => With(parsed, async (client, terminal) =>
        {
            var cancelled = await client.Cancel(Id.Parse<DispatchId>(parsed.GetValue(run)), ct);
            terminal.Result(cancelled, VexaJson.Default.Run);
            terminal.Line($"Run {cancelled.Id} does nothing any more.");
        }, ct));
        return command;
    }

    private static Argument<string> RunArgument() => new("run") { Description = "Id of the run." };

    private static async Task<int> With(ParseResult parsed, Func<VexaClient, Terminal, Task> action, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        using var client = Connection.Open();
        await action(client, Terminal.Of(parsed));
        return ExitCodes.Ok;
    }

    private static Table Table(IReadOnlyList<Run> runs)
    {
        var table = new Table().Border(TableBorder.None).AddColumns("run", "state", "turns", "started", "prompt");
        foreach (var run in runs)
        {
            var failed = run.Turns.Any(t => t.Ok == false);
            table.AddRow(
                new Text(run.Id.Value),
                new Text(run.State == RunState.Ended ? (failed ? "failed" : "done") : Lower(run.State), Style.Parse(failed ? "red" : run.State == RunState.Ended ? "green" : "yellow")),
                new Text(run.Turns.Count.ToString(System.Globalization.CultureInfo.InvariantCulture)),
                new Text(Local(run.CreatedAt)),
                new Text(Short(Printable.Clean(run.Turns[0].Prompt))));
        }

        return table;
    }

    private static void Describe(Terminal terminal, Run run)
    {
        terminal.Line($"run        {run.Id}");
        terminal.Line($"state      {Lower(run.State)}{(run.EndReason is { } reason ? $" ({Lower(reason)})" : "")}");
        terminal.Line($"for        {run.Subject}, by {run.Launcher}");
        terminal.Line($"runner     {run.Runner} in {run.Container}");
        terminal.Line($"mounts     {string.Join(", ", run.Workspaces.Select(w => $"{w.Id} ({Lower(w.Mode)})"))}");
        terminal.Line($"session    {run.Session}{(run.Resumes is { } resumed ? $", resumed from {resumed}" : "")}");
        terminal.Line($"time       {Local(run.CreatedAt)}{(run.EndedAt is { } end ? $", ended after {(end - run.CreatedAt).TotalSeconds:0.0} s" : "")}");
        terminal.Line($"tokens     {run.InputTokens:N0} in, {run.OutputTokens:N0} out");
        foreach (var turn in run.Turns)
        {
            terminal.Line();
            terminal.Line($"turn       {turn.Id}: {turn.Ok switch { true => "ok", false => "failed", null => "running" }}");
            terminal.Line($"  prompt   {Short(Printable.Clean(turn.Prompt))}");
            if (turn.Reply is { } reply)
                terminal.Line($"  reply    {Short(Printable.Clean(reply))}");
            if (turn.Error is { } error)
                terminal.Line($"  error    {Printable.Clean(error)}\n  mend     {CalledAs.Tell(Printable.Clean(turn.Hint ?? ""))}");
            foreach (var commit in turn.Commits)
                terminal.Line(commit.ProposalRef is { } proposal ? $"  proposal {proposal}" : $"  commit   {commit.Sha[..10]} on {commit.Workspace}, {EventPrinter.Plural(commit.Files, "file")}, +{commit.Insertions} -{commit.Deletions}");
        }
    }

    public static string Lower<T>(T value) where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    private static string Local(DateTimeOffset at) => at.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture);

    private static string Short(string text)
    {
        var line = text.ReplaceLineEndings(" ");
        return line.Length > 80 ? line[..79] + "…" : line;
    }
}
