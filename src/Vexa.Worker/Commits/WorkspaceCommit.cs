using Vexa.Worker.Door;
using Vexa.Worker.Events;

namespace Vexa.Worker.Commits;

/// <summary>
/// Turns what a turn left in one writable workspace into exactly one commit on its base, and hands it to the door as a bundle. Built
/// from plumbing (write-tree, commit-tree, update-ref), because that asks nothing of the state an agent may have left: half a merge or
/// rebase, another branch, commits of its own, hooks. Whatever fails, the work stays in the working copy for the next turn.
/// </summary>
internal sealed class WorkspaceCommit(Git git, WorkerOptions options, WorkloadMount mount, DoorClient door, TimeProvider clock)
{
    private const string Trunk = "refs/heads/main";
    private static readonly TimeSpan StoragePatience = TimeSpan.FromSeconds(60);

    private string _base = mount.Commit;

    /// <summary>Commits and delivers, or does nothing where the turn changed nothing.</summary>
    /// <exception cref="VexaException">git failed, or the bundle was refused.</exception>
    public async Task Run(Prompt prompt, TurnEvents events, CancellationToken abort)
    {
        if (!Path.Exists(Path.Combine(mount.Path, ".git")))
            throw new VexaException(Stage.WorkspaceCommit, Party.Agent, "workspace-no-git", $"The .git folder of workspace {mount.Workspace} is gone, so the turn cannot be committed.",
                "Put it back, or start a new session, which begins with a fresh copy of the workspace.");

        var tree = await StageAll(events, abort);
        await git.Run(["symbolic-ref", "HEAD", Trunk], abort);
        if (tree == (await git.Run(["rev-parse", "--verify", $"{_base}^{{tree}}"], abort)).Trim())
        {
            await git.Run(["update-ref", Trunk, _base], abort);
            return;
        }

        var commit = await Commit(tree, prompt, abort);
        await Deliver(prompt.Turn, events, abort);
        _base = commit;
    }

    private async Task<string> StageAll(TurnEvents events, CancellationToken abort)
    {
        // Left behind by a git that was killed with the agent; no other git runs now.
        File.Delete(Path.Combine(mount.Path, ".git", "index.lock"));

        // A nested repository without a commit makes "add" fail after it has added all the rest; with one it becomes a gitlink.
        var (exit, _, errors) = await git.Try(["add", "--all", "--ignore-errors", "."], abort);
        var nested = await Unlink(abort);
        var empty = EmptyRepositories(errors);
        if (exit.Code != 0 && empty.Count == 0)
            throw git.Failed("add", exit, errors);

        foreach (var path in nested.Concat(empty).Distinct(StringComparer.Ordinal).Take(20))
            await events.Say(new Rejected("nested-repository", $"{Formats.SafeText.Of(path, 200)} is a git repository of its own, so its files were not committed.",
                "Remove its .git folder to have its files in the workspace."), abort);
        return (await git.Run(["write-tree"], abort)).Trim();
    }

    /// <summary>Takes gitlinks out of the index again, back to what the base has in their place; returns their paths.</summary>
    private async Task<List<string>> Unlink(CancellationToken abort)
    {
        // ":<old mode> <new mode> <old id> <new id> <status>\0<path>\0"
        var fields = (await git.Run(["diff-index", "--cached", "--raw", "--no-renames", "-z", _base], abort)).Split('\0');
        List<string> links = [];
        for (var i = 0; i + 1 < fields.Length; i += 2)
            if (fields[i].Split(' ') is [_, "160000", ..])
                links.Add(fields[i + 1]);
        foreach (var path in links)
            await git.Run(["reset", "--quiet", _base, "--", path], abort);
        return links;
    }

    private static List<string> EmptyRepositories(string errors) =>
    [
        .. errors.Split('\n')
            .Where(line => line.StartsWith("error: '", StringComparison.Ordinal) && line.EndsWith("' does not have a commit checked out", StringComparison.Ordinal))
            .Select(line => line["error: '".Length..line.LastIndexOf('\'')]),
    ];

    private async Task<string> Commit(string tree, Prompt prompt, CancellationToken abort)
    {
        var message = Path.Combine(options.Paths.Scratch, $"vexa-message-{mount.Workspace}");
        await File.WriteAllTextAsync(message, CommitMessage.For(options.Order, prompt), abort);
        try
        {
            var commit = (await git.Run(["commit-tree", tree, "-p", _base, "-F", message], abort)).Trim();
            await git.Run(["update-ref", Trunk, commit], abort);
            return commit;
        }
        finally
        {
            File.Delete(message);
        }
    }

    private async Task Deliver(TurnId turn, TurnEvents events, CancellationToken abort)
    {
        var bundle = Path.Combine(options.Paths.Scratch, $"vexa-bundle-{mount.Workspace}");
        try
        {
            await git.Run(["bundle", "create", "--quiet", bundle, $"{_base}..{Trunk}"], abort);
            await Retry.WhileUnavailable(again => door.PushBundle(mount.Workspace, turn, bundle, again), StoragePatience, clock, abort,
                onFirstFailure: async () => await events.Say(new Phase("waiting-for-storage"), abort));
        }
        catch (DoorUnavailableException e)
        {
            throw new VexaException(Stage.WorkspaceCommit, Party.Operator, "storage-unavailable",
                $"The turn's work in workspace {mount.Workspace} could not be stored within {StoragePatience.TotalSeconds:0} s.",
                "It is still in the working copy: send another message once 'vexa doctor' says that storage is well.", e);
        }
        finally
        {
            File.Delete(bundle);
        }
    }
}
