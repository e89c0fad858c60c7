using System.CommandLine;
using System.Diagnostics;
using Vexa.Cli.Commands;
using Vexa.Contracts;

namespace Vexa.Cli.Client;

/// <summary><c>vexa workspace import</c>: a new workspace from a git bundle, or from a folder with a git repository, with its history.</summary>
internal static class ImportCommand
{
    private const string Receipts = "refs/notes/vexa";

    public static Command Create()
    {
        var id = new Argument<string>("id") { Description = "Name of the new workspace: a-z, 0-9 and inner '-'." };
        var source = new Argument<string>("source") { Description = "A git bundle, or a folder with a git repository." };
        var branch = new Option<string?>("--branch", "-b") { Description = "Of a repository; else the one that is checked out." };
        var command = new Command("import", "Make a workspace of a git bundle or repository, with its history.") { id, source, branch, Terminal.JsonOption() };
        command.SetAction(StopSignals.Stoppable(async (parsed, ct) =>
        {
            var terminal = Terminal.Of(parsed);
            var workspace = Id.Parse<WorkspaceId>(parsed.GetValue(id));
            var path = Path.GetFullPath(parsed.GetValue(source)!);
            using var client = Connection.Open();
            var made = Directory.Exists(path) ? await FromRepository(client, workspace, path, parsed.GetValue(branch), ct)
                : File.Exists(path) ? await FromFile(client, workspace, path, ct)
                : throw Faults.Input("no-source", $"There is neither a bundle nor a folder at {path}.", "Name a git bundle, or a folder with a git repository.");
            terminal.Result(made, VexaJson.Default.WorkspaceImport);
            terminal.Line($"Workspace {made.Id} is there, with {EventPrinter.Plural((int)Math.Min(made.Commits, int.MaxValue), "commit")}. Use it: {CalledAs.Name} ask -w {made.Id} \"...\"");
            if (made.LeftOut.Count > 0)
                terminal.Line($"Left behind, as a workspace has none of it: {string.Join(", ", made.LeftOut)}");
            return ExitCodes.Ok;
        }));
        return command;
    }

    private static async Task<WorkspaceImport> FromFile(VexaClient client, WorkspaceId workspace, string path, CancellationToken ct)
    {
        try
        {
            await using var bundle = File.OpenRead(path);
            return await client.Import(workspace, bundle, ct);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Faults.Input("no-source", $"{path} cannot be read: {fault.Message}", "Name a git bundle that you may read.", fault);
        }
    }

    private static async Task<WorkspaceImport> FromRepository(VexaClient client, WorkspaceId workspace, string folder, string? branch, CancellationToken ct)
    {
        if (await OwnGit.Ask(folder, ct, "rev-parse", "--git-dir") is null)
            throw Faults.Input("no-repository", $"The folder {folder} is no git repository.", "Make it one: git init && git add --all && git commit -m Start");
        if (await OwnGit.Ask(folder, ct, "rev-parse", "--is-shallow-repository") == "true")
            throw Faults.Input("shallow", $"The repository in {folder} does not have its whole history.", $"Fetch the rest: git -C {folder} fetch --unshallow");

        var tip = branch is null ? await OwnGit.Ask(folder, ct, "symbolic-ref", "--quiet", "HEAD") ?? "HEAD" : $"refs/heads/{branch}";
        if (await OwnGit.Ask(folder, ct, "rev-parse", "--verify", "--quiet", "--end-of-options", tip + "^{commit}") is null)
            throw Faults.Input("no-branch", $"The repository in {folder} has no commit on {branch ?? "the branch that is checked out"}.", "Commit something, or name another branch with --branch.");

        List<string> refs = [tip];
        if (await OwnGit.Ask(folder, ct, "rev-parse", "--verify", "--quiet", Receipts) is not null)
            refs.Add(Receipts);

        return await Send(client, workspace, folder, refs, ct);
    }

    // Straight from git to Vexa: there is no second copy on a disk.
    private static async Task<WorkspaceImport> Send(VexaClient client, WorkspaceId workspace, string folder, List<string> refs, CancellationToken ct)
    {
        using var git = OwnGit.Start(new ProcessStartInfo("git", ["-C", folder, "bundle", "create", "--quiet", "--version=2", "-", .. refs]) { RedirectStandardOutput = true, RedirectStandardError = true });
        await using var killing = ct.Register(() => git.Kill(entireProcessTree: true));
        var said = git.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            return await client.Import(workspace, git.StandardOutput.BaseStream, ct);
        }
        catch (VexaException)
        {
            // Where git broke off, that is why.
            git.StandardOutput.Close();
            await git.WaitForExitAsync(CancellationToken.None);
            if (git.ExitCode is not 0 and not 141 && (await said).Trim() is { Length: > 0 } why && !why.Contains("Broken pipe", StringComparison.Ordinal))
                throw Faults.Input("bundle-failed", $"git could not pack {folder}: {Printable.Clean(why.Split('\n')[^1])}", "Mend the repository: git fsck");

            throw;
        }
    }
}
