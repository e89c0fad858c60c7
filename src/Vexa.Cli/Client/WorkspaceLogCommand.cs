using System.CommandLine;
using System.Globalization;
using Vexa.Cli.Commands;
using Vexa.Contracts;

namespace Vexa.Cli.Client;

/// <summary><c>vexa workspace log</c>: the commits of a workspace, and which run made each.</summary>
internal static class WorkspaceLogCommand
{
    public static Command Create()
    {
        var id = new Argument<string>("id") { Description = "The workspace." };
        var limit = new Option<int>("--limit", "-n") { Description = "How many, 1 to 500.", DefaultValueFactory = _ => 20 };
        limit.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var count) && count is < 1 or > 500)
                result.AddError("--limit is 1 to 500.");
        });
        var command = new Command("log", "List its commits, newest first: who, when, by which run.") { id, limit, Terminal.JsonOption() };
        command.SetAction(async (parsed, ct) =>
        {
            var terminal = Terminal.Of(parsed);
            var workspace = Id.Parse<WorkspaceId>(parsed.GetValue(id));
            using var client = Connection.Open();
            var log = await client.Log(workspace, parsed.GetValue(limit), ct);
            terminal.Result(log, VexaJson.Default.WorkspaceLog);
            foreach (var commit in log.Commits)
                terminal.Line(Line(commit));
            return ExitCodes.Ok;
        });
        return command;
    }

    // Author and subject are other people's words, or an agent's.
    private static string Line(WorkspaceLogEntry commit)
    {
        var by = commit.Dispatch is { } dispatch ? $"  (run {dispatch}{(commit.Launcher is { } launcher ? $", fired by {launcher}" : "")})" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{commit.Sha[..10]}  {commit.At.ToLocalTime():yyyy-MM-dd HH:mm}  {Printable.Clean(commit.Author)}  {Printable.Clean(commit.Subject)}{by}");
    }
}
