using System.CommandLine;
using System.Text.Json.Serialization;
using Spectre.Console;
using Vexa.Cli.Client;
using Vexa.Cli.Commands;
using Vexa.Cli.Images;
using Vexa.Cli.Rootless;
using Vexa.Cli.Setup;
using Vexa.Cli.Stack;
using Vexa.Contracts;

namespace Vexa.Cli.Demo;

/// <summary>
/// <c>vexa demo</c>: sets everything up, then does the main job in front of the user: a dispatch, its commit, its container's end, and
/// a second message that goes on from the session file in a fresh container.
/// </summary>
internal static class DemoCommand
{
    private const string FirstPrompt = "Record that Acme renewed at the Q3 pricing, effective July 1";
    private const string SecondPrompt = "When does the renewal take effect?";

    // So that the container's end is part of the show; a real session waits a minute.
    private static readonly DispatchLimits ShortIdle = new() { IdleSeconds = 1 };
    private static readonly TimeSpan LongestReaping = TimeSpan.FromSeconds(30);

    public static Command Create()
    {
        var command = new Command("demo", "Set up, start, and watch an agent do a real job.") { Terminal.JsonOption() };
        command.SetAction(async (parsed, _) =>
        {
            var terminal = Terminal.Of(parsed);
            using var signals = new StopSignals();
            signals.EndAtSecond();
            var report = await Run(terminal, signals.Ask);
            terminal.Result(report, DemoJson.Default.DemoReport);
            return report.Ok ? ExitCodes.Ok : ExitCodes.Failed;
        });
        return command;
    }

    private static async Task<DemoReport> Run(Terminal terminal, CancellationToken ct)
    {
        var options = StackOptions.FromEnvironment();
        RootlessEntry.Require(options);
        Heading(terminal, "1", "This machine");
        if ((await Installation.Install(Prerequisite.For(options), terminal.Progress, ct)).Count == 0)
            terminal.Line("  all that is needed is there");

        Heading(terminal, "2", "The agent image");
        var image = await AgentImage.Build(options, terminal, ct);
        terminal.Line($"  {image.Digest[..19]} (Debian, git, Claude Code, the worker)");

        Heading(terminal, "3", "The stack");
        var stack = await new StartProgress(terminal.Progress).Show(progress => StackStart.Detached(options, TimeProvider.System, progress, ct));
        terminal.Line($"  {stack.Address}");
        // With --json nobody reads along: it is left for the next command that speaks to a person.
        if (!terminal.Json && StackStart.TakeFirstToken(options) is { } token)
            terminal.Line($"  API token, shown this once: {token}");
        if (options.Rehearses)
            terminal.Advise("  This is a rehearsal: a script answers in place of a model; all else on the path is real.\n  With a model: vexa down, then ANTHROPIC_API_KEY=... vexa demo");

        using var client = VexaClient.Local(options.ApiSocket);
        Heading(terminal, "4", "A sample workspace");
        var workspace = await SampleWorkspace.Seed(client, ct);
        terminal.Line($"  {workspace}: a git repository with a few notes");

        Heading(terminal, "5", $"Claude Code, in a container: \"{FirstPrompt}\"");
        var first = await Turn.Send(client, new ChatRequest { Prompt = FirstPrompt, Workspaces = [new WorkspaceAccess(workspace, AccessMode.Rw)], Limits = ShortIdle }, terminal, ct);
        var firstRun = first.Address!.Run;

        Heading(terminal, "6", "The container goes when nobody speaks");
        var ended = await AwaitEnd(client, firstRun, terminal, ct);
        terminal.Line($"  {ended.Container} is gone after {(ended.EndedAt!.Value - ended.CreatedAt).TotalSeconds:0.0} s ({RunCommands.Lower(ended.EndReason!.Value)}); the session is a file in the workspace");

        Heading(terminal, "7", $"A fresh container goes on: \"{SecondPrompt}\"");
        var second = await Turn.Send(client, new ChatRequest { Prompt = SecondPrompt, Session = first.Address.Session, Limits = ShortIdle }, terminal, ct);
        var secondRun = await client.Run(second.Address!.Run, ct);
        var resumed = second.Complete is { Ok: true } && secondRun.Id != firstRun && secondRun.Resumes is not null;
        terminal.Line($"  {secondRun.Container} resumed session {secondRun.Resumes ?? "(none)"}");

        var ok = first.Complete is { Ok: true } && first.Commits.Count > 0 && resumed;
        Summary(terminal, options, first, ok);
        return new DemoReport
        {
            Ok = ok,
            Dispatch = firstRun,
            Container = ended.Container,
            Commit = first.Commits is [var commit, ..] ? commit.Sha : null,
            Events = first.Events,
            FirstEventMs = first.FirstEvent?.TotalMilliseconds,
            TurnMs = first.Elapsed.TotalMilliseconds,
            Resumed = resumed,
            Rehearsal = options.Rehearses,
        };
    }

    private static async Task<Run> AwaitEnd(VexaClient client, DispatchId id, Terminal terminal, CancellationToken ct) =>
        await terminal.Progress.Status().Spinner(Spinner.Known.Dots).StartAsync("Waiting for the container to be reaped", async _ =>
        {
            var since = TimeProvider.System.GetTimestamp();
            while (true)
            {
                var run = await client.Run(id, ct);
                if (run.State == RunState.Ended)
                    return run;

                if (TimeProvider.System.GetElapsedTime(since) > LongestReaping)
                    throw new VexaException(Stage.RuntimeStart, Party.Vexa, "not-reaped", $"The container {run.Container} is still there.", "Look into the log: vexa logs runtime");

                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, ct);
            }
        });

    private static void Heading(Terminal terminal, string number, string text)
    {
        terminal.Output.WriteLine();
        terminal.Output.MarkupLineInterpolated($"[bold blue]{number}[/] [bold]{text}[/]");
    }

    private static void Summary(Terminal terminal, StackOptions options, Turn first, bool ok)
    {
        terminal.Output.WriteLine();
        terminal.Output.MarkupLine(ok ? "[bold green]Done.[/]" : $"[bold red]The demo did not do all it should.[/] See: {CalledAs.Name.EscapeMarkup()} logs");
        if (first.FirstEvent is { } firstEvent)
            terminal.Line($"  first event from the container after {firstEvent.TotalMilliseconds:0} ms, turn done after {first.Elapsed.TotalMilliseconds:0} ms");
        terminal.Line($"  data     {options.DataFolder}");
        terminal.Line($"  API      {options.ApiAddress}");
        terminal.Line();
        terminal.Line("Try next:");
        terminal.Advise("  vexa ask \"Record that Globex signed at the Q4 pricing, effective October 1\"");
        terminal.Advise($"  vexa show {first.Address!.Run}");
        terminal.Advise($"  vexa undo {first.Address.Run}");
        terminal.Advise("  vexa doctor");
        terminal.Advise("  vexa down");
    }
}

/// <summary>What <c>vexa demo --json</c> prints.</summary>
internal sealed record DemoReport
{
    public required bool Ok { get; init; }
    public required DispatchId Dispatch { get; init; }
    public required string Container { get; init; }
    public required string? Commit { get; init; }
    public required int Events { get; init; }
    /// <summary>From sending the message to the first event that came from inside the container.</summary>
    public required double? FirstEventMs { get; init; }
    public required double TurnMs { get; init; }
    /// <summary>The second message went on from the session file, in a container of its own.</summary>
    public required bool Resumed { get; init; }
    /// <summary>A script answered in place of a model.</summary>
    public required bool Rehearsal { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(DemoReport))]
internal sealed partial class DemoJson : JsonSerializerContext;
