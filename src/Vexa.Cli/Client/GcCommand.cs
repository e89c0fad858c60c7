using System.CommandLine;
using Vexa.Cli.Commands;
using Vexa.Cli.Storage;
using Vexa.Contracts;

namespace Vexa.Cli.Client;

/// <summary><c>vexa workspace gc</c>: many bundles become one, and what a crash left goes.</summary>
internal static class GcCommand
{
    public static Command Create()
    {
        var id = new Argument<string?>("id") { Description = "The workspace; else all of them.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("gc", "Make its bundles one, and remove what a crash left.") { id, Terminal.JsonOption() };
        command.SetAction(async (parsed, ct) =>
        {
            var terminal = Terminal.Of(parsed);
            using var client = Connection.Open();
            IReadOnlyList<WorkspaceId> workspaces = parsed.GetValue(id) is { } one ? [Id.Parse<WorkspaceId>(one)] : [.. (await client.Workspaces(ct)).Workspaces.Select(w => w.Id)];
            var done = new List<WorkspaceGc>();
            foreach (var workspace in workspaces)
            {
                var gc = await client.Collect(workspace, ct);
                done.Add(gc);
                terminal.Line($"{gc.Workspace}: {Bundles(gc.BundlesBefore)} of {Sizes.Text(gc.BytesBefore)} -> {Bundles(gc.BundlesAfter)} of {Sizes.Text(gc.BytesAfter)}; removed {gc.Removed} that nothing named{(gc.Waiting > 0 ? $", {gc.Waiting} more can go when a day has passed" : "")}");
            }

            terminal.Result(new WorkspacesCollected(Ok: true, done), ClientJson.Default.WorkspacesCollected);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static string Bundles(long count) => count == 1 ? "1 bundle" : $"{count} bundles";
}

/// <summary>What <c>vexa workspace gc --json</c> prints.</summary>
internal sealed record WorkspacesCollected(bool Ok, IReadOnlyList<WorkspaceGc> Workspaces);
