using System.CommandLine;
using System.Diagnostics;
using Vexa.Cli.Commands;
using Vexa.Cli.Stack;
using Vexa.Contracts;

namespace Vexa.Cli.Client;

/// <summary><c>vexa workspace clone</c>: a working copy by the person's own git. Its token is in no argument, no address and no file.</summary>
internal static class CloneCommand
{
    // By git's own name for it, so that a receipt of each commit is there for vexa verify. A wildcard is no error where there is none yet; a wider one would
    // let git fetch --prune remove the person's own notes.
    private const string Receipts = "remote.origin.fetch=+refs/notes/vexa*:refs/notes/vexa*";

    // Where the stack goes down meanwhile, the token ends by itself, with the rest of what was made here, only when somebody revokes it.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly string[] Quiet = ["--quiet"];

    public static Command Create()
    {
        var id = new Argument<string>("id") { Description = "The workspace." };
        var folder = new Argument<string?>("folder") { Description = "Where it goes; else a folder of the workspace's name.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("clone", "Make a working copy, with receipts, by git.") { id, folder, Terminal.JsonOption() };
        command.SetAction(StopSignals.Stoppable(async (parsed, ct) =>
        {
            var terminal = Terminal.Of(parsed);
            var workspace = Id.Parse<WorkspaceId>(parsed.GetValue(id));
            var into = Path.GetFullPath(parsed.GetValue(folder) ?? workspace.Value);
            if (Directory.Exists(into) && Directory.EnumerateFileSystemEntries(into).Any())
                throw Faults.Input("folder-not-empty", $"The folder {into} is not empty.", "Name another one: vexa workspace clone ID FOLDER");

            using var client = Connection.Open();
            var (address, given) = Connection.ForGit();
            // Told in our words, before git says it in its own.
            await client.Log(workspace, 1, ct);
            var url = new Uri(address, $"/git/{workspace}");
            await WithToken(client, given, token => Clone(url, into, token, terminal.Json, ct), ct);
            var commit = await OwnGit.Ask(into, ct, "rev-parse", "HEAD");
            terminal.Result(new WorkspaceCloned(Ok: true, workspace.Value, into, url.ToString(), commit), ClientJson.Default.WorkspaceCloned);
            terminal.Line($"Workspace {workspace} is in {into}.");
            terminal.AdviseAside("git push and git pull ask for a password: an API token, as vexa token new makes one. The user name does not matter.");
            return ExitCodes.Ok;
        }));
        return command;
    }

    // On this machine no token is given: one is made for just this, and opens nothing after it.
    private static async Task WithToken(VexaClient client, string? given, Func<string, Task> work, CancellationToken ct)
    {
        if (given is not null)
        {
            await work(given);
            return;
        }

        var made = await client.CreateToken(ct);
        try
        {
            await work(made.Token);
        }
        finally
        {
            using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
            await client.RevokeToken(made.Id, patience.Token);
        }
    }

    private static async Task Clone(Uri url, string into, string token, bool quiet, CancellationToken ct)
    {
        var start = new ProcessStartInfo("git", ["clone", .. quiet ? Quiet : [], "--config", Receipts, "--", url.ToString(), into])
        {
            // Standard output is for the result.
            RedirectStandardOutput = true,
        };
        // For this address alone: a server that it might send git to does not get it.
        OwnGit.Set(start, $"http.{url}.extraHeader", $"Authorization: Bearer {token}");
        using var process = OwnGit.Start(start);
        // Asked, and not killed: git takes away what it had begun.
        await using var killing = ct.Register(() => Libc.Kill(process.Id, Libc.SigTerm));
        await process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
        await process.WaitForExitAsync(CancellationToken.None);
        ct.ThrowIfCancellationRequested();
        if (process.ExitCode != 0)
            throw new VexaException(Stage.WorkspaceOpen, Party.Operator, "clone-failed", $"git clone ended with exit code {process.ExitCode}.", "It says above what is wrong; then try again.") { Status = 409 };
    }
}

/// <summary>What <c>vexa workspace clone --json</c> prints.</summary>
internal sealed record WorkspaceCloned(bool Ok, string Workspace, string Folder, string Url, string? Commit);
