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
        command.SetAction(StopSignals.Stoppable(async (parsed, ct) =>
        {
            var terminal = Terminal.Of(parsed);
            using var client = Connection.Open();
            var list = parsed.GetValue(id) is { } one ? null : await client.Workspaces(ct);
            var (done, failures) = (new List<WorkspaceGc>(), list?.Damaged?.ToList() ?? []);
            foreach (var workspace in list?.Workspaces.Select(w => w.Id) ?? [Id.Parse<WorkspaceId>(parsed.GetValue(id))])
            {
                WorkspaceGc gc;
                try
                {
                    gc = await client.Collect(workspace, ct);
                }
                catch (VexaException fault) when (list is not null)
                {
                    // One that is damaged is no reason to let the others grow.
                    failures.Add(WorkspaceFault.Of(workspace, fault));
                    continue;
                }

                done.Add(gc);
                terminal.Line($"{gc.Workspace}: {Bundles(gc.BundlesBefore)} of {Sizes.Text(gc.BytesBefore)} -> {Bundles(gc.BundlesAfter)} of {Sizes.Text(gc.BytesAfter)}; removed {gc.Removed} that nothing named{(gc.Waiting > 0 ? $", {gc.Waiting} more can go when a day has passed" : "")}");
            }

            terminal.Result(new WorkspacesCollected(failures.Count == 0, done, failures.Count == 0 ? null : failures), ClientJson.Default.WorkspacesCollected);
            foreach (var failure in failures)
            {
                terminal.Line($"{failure.Workspace}: left as it is. {Printable.Clean(failure.Title)}");
                terminal.Advise($"mend: {Printable.Clean(failure.Hint)}");
            }

            return failures.Count == 0 ? ExitCodes.Ok : ExitCodes.Failed;
        }));
        return command;
    }

    private static string Bundles(long count) => count == 1 ? "1 bundle" : $"{count} bundles";
}

/// <summary>What <c>vexa workspace gc --json</c> prints.</summary>
/// <param name="Failures">Those that could not be read.</param>
internal sealed record WorkspacesCollected(bool Ok, IReadOnlyList<WorkspaceGc> Workspaces, IReadOnlyList<WorkspaceFault>? Failures = null);
