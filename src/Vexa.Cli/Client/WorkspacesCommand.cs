using System.CommandLine;
using Vexa.Cli.Commands;
using Vexa.Contracts;

namespace Vexa.Cli.Client;

/// <summary><c>vexa workspaces</c>: which there are, and all that is done with one.</summary>
internal static class WorkspacesCommand
{
    public static Command Create()
    {
        var command = new Command("workspaces", "List; new, clone, log, export, import, gc, shred.")
        {
            Terminal.JsonOption(), New(), CloneCommand.Create(), WorkspaceLogCommand.Create(), ExportCommand.Create(), ImportCommand.Create(), GcCommand.Create(), ShredCommand.Create(),
        };
        command.Aliases.Add("workspace");
        command.SetAction(async (parsed, ct) =>
        {
            var terminal = Terminal.Of(parsed);
            using var client = Connection.Open();
            var list = await client.Workspaces(ct);
            terminal.Result(list, VexaJson.Default.WorkspaceList);
            foreach (var workspace in list.Workspaces)
                terminal.Line($"{workspace.Tip[..10]}  {workspace.Id}");
            foreach (var fault in list.Damaged ?? [])
            {
                terminal.Line($"{"damaged",-10}  {fault.Workspace}: {Printable.Clean(fault.Title)}");
                terminal.Advise($"{"mend",-10}  {Printable.Clean(fault.Hint)}");
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    private static Command New()
    {
        var id = new Argument<string>("id") { Description = "Its name: a-z, 0-9 and inner '-'." };
        var command = new Command("new", "Make a workspace.") { id, Terminal.JsonOption() };
        command.SetAction(async (parsed, ct) =>
        {
            var terminal = Terminal.Of(parsed);
            var name = Id.Parse<WorkspaceId>(parsed.GetValue(id));
            using var client = Connection.Open();
            var made = await client.CreateWorkspace(new WorkspaceCreate(name, new Dictionary<string, string> { ["README.md"] = $"# {name}\n" }), ct);
            terminal.Result(made, VexaJson.Default.WorkspaceInfo);
            terminal.Line($"Workspace {made.Id} is there. Use it: {CalledAs.Name} ask -w {made.Id} \"...\"");
            return ExitCodes.Ok;
        });
        return command;
    }
}
