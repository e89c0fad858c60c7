using System.CommandLine;
using Vexa.Cli.Commands;
using Vexa.Contracts;

namespace Vexa.Cli.Client;

/// <summary><c>vexa undo</c>: takes a run's work back, or one commit, which may be an undo itself.</summary>
internal static class UndoCommand
{
    // Shorter ones are refused: they are too soon another commit's.
    private const int ShortestCommit = 7;
    private const int LongestCommit = 40;

    public static Command Create()
    {
        var id = new Argument<string>("id") { Description = "A run, or a commit by its hash of 7 to 40 digits." };
        var workspace = new Option<string?>("--workspace", "-w") { Description = "The workspace that the commit is in; absent, each is asked." };
        var command = new Command("undo", "Take a run or a commit back, by a new commit.") { id, workspace, Terminal.JsonOption() };
        command.SetAction(async (parsed, ct) =>
        {
            var terminal = Terminal.Of(parsed);
            using var client = Connection.Open();
            var undone = parsed.GetValue(workspace) is { } name
                ? await client.UndoCommit(Id.Parse<WorkspaceId>(name), parsed.GetValue(id)!, ct)
                : await Undo(client, parsed.GetValue(id)!, ct);
            terminal.Result(undone, VexaJson.Default.UndoResult);
            return Tell(terminal, undone);
        });
        return command;
    }

    internal static string Describe(CommitResult undone) => undone switch
    {
        { ProposalRef: { } proposal } => $"{undone.Workspace}: not taken back, kept as a proposal, {proposal}. {Printable.Clean(undone.Reason ?? "Later work stands in the way")}.",
        { Reason: { } reason } => $"{undone.Workspace}: nothing to do. {Printable.Clean(reason)}.",
        _ => $"{undone.Workspace}: taken back by commit {undone.Sha[..10]}, {EventPrinter.Plural(undone.Files, "file")}, +{undone.Insertions} -{undone.Deletions}",
    };

    private static async Task<UndoResult> Undo(VexaClient client, string id, CancellationToken ct)
    {
        try
        {
            return await client.Undo(Id.Parse<DispatchId>(id), ct);
        }
        catch (VexaException unknown) when (unknown.Rule == "unknown-run" && id.Length is >= ShortestCommit and <= LongestCommit && id.All(char.IsAsciiHexDigitLower))
        {
            return await client.UndoCommit(await FindWorkspace(client, id, ct), id, ct);
        }
    }

    private static async Task<WorkspaceId> FindWorkspace(VexaClient client, string commit, CancellationToken ct)
    {
        var found = new List<WorkspaceId>();
        VexaException? unseen = null;
        var list = await client.Workspaces(ct);
        foreach (var workspace in list.Workspaces)
            try
            {
                if (await client.HasCommit(workspace.Id, commit, ct))
                    found.Add(workspace.Id);
            }
            catch (VexaException fault)
            {
                // It matters only where no other workspace has the commit.
                unseen ??= fault;
            }

        return found switch
        {
            [var only] => only,
            [] when list.Damaged is [var damaged, ..] => throw unseen ?? new VexaException(Stage.Request, Party.Operator, damaged.Rule, $"No workspace that can be read has commit {commit}. {damaged.Workspace} cannot be: {damaged.Title}", damaged.Hint) { Status = 500 },
            [] => throw unseen ?? new VexaException(Stage.Request, Party.Caller, "unknown-commit", $"There is no run and no commit {commit}.", "See which there are: vexa runs") { Status = 404 },
            _ => throw Faults.Input("commit-workspace", $"Commit {commit} is in {string.Join(", ", found)}.", $"Say which is meant: vexa undo {commit} --workspace {found[0]}"),
        };
    }

    private static int Tell(Terminal terminal, UndoResult undone)
    {
        foreach (var commit in undone.Commits)
            terminal.Line(Describe(commit));
        if (undone.Commits.Any(commit => commit.ProposalRef is not null))
            terminal.Advise("mend: take back the later commits that changed the same first, newest first: vexa workspace log ID; vexa undo COMMIT");
        foreach (var failure in undone.Failures ?? [])
        {
            terminal.Line($"{failure.Workspace}: not taken back. {Printable.Clean(failure.Title)}");
            terminal.Advise($"mend: {Printable.Clean(failure.Hint)}");
        }

        return undone.Failures is null && undone.Commits.All(commit => commit.ProposalRef is null) ? ExitCodes.Ok : ExitCodes.Failed;
    }
}
