using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Vexa.Cli.Commands;
using Vexa.Contracts;

namespace Vexa.Cli.Receipts;

/// <summary>
/// A person's copy of a workspace: a clone, or a bundle that is unpacked for as long as this lives. Only ever read, and not trusted: nothing
/// that its own settings name is run, and nothing is fetched that it lacks.
/// </summary>
internal sealed class GitCopy : IDisposable
{
    private const string Notes = "refs/notes/vexa";
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);
    private readonly string _folder;
    private readonly bool _isOurs;

    private GitCopy(string folder, bool isOurs) => (_folder, _isOurs) = (folder, isOurs);

    /// <exception cref="VexaException"><c>no-copy</c>: there is neither at the path.</exception>
    public static async Task<GitCopy> Open(string path, CancellationToken ct)
    {
        if (Directory.Exists(path))
        {
            var clone = new GitCopy(path, isOurs: false);
            return await clone.Ask(ct, "rev-parse", "--git-dir") is not null ? clone : throw NoCopy(path);
        }

        if (!File.Exists(path))
            throw NoCopy(path);

        var copy = new GitCopy(Directory.CreateTempSubdirectory("vexa-verify-").FullName, isOurs: true);
        try
        {
            await copy.Ask(ct, "init", "--quiet", "--bare", ".");
            return await copy.Run(["fetch", "--quiet", Path.GetFullPath(path), "refs/*:refs/*"], from: "file", ct) is not null ? copy : throw NoCopy(path);
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    /// <summary>The commit, its tree, and its note; null where it has none. What the commit says is what its name stands for: it is hashed here.</summary>
    /// <exception cref="VexaException"><c>unknown-commit</c>, <c>damaged-commit</c>.</exception>
    public async Task<(string Commit, string Tree, string? Note)> Read(string commit, CancellationToken ct)
    {
        var sha = Text(await Ask(ct, "rev-parse", "--verify", "--quiet", "--end-of-options", commit + "^{commit}"))
            ?? throw new VexaException(Stage.WorkspaceOpen, Party.Caller, "unknown-commit", $"There is no commit {commit} here.", "Say with --from where the clone or the bundle is.") { Status = 409 };
        var content = await Ask(ct, "cat-file", "commit", sha) ?? throw Damaged(sha);
        if (!content.AsSpan().StartsWith("tree "u8) || NameOf(content) != sha)
            throw Damaged(sha);

        var note = Text(await Ask(ct, "notes", "--ref", Notes, "list", sha)) is { } blob ? Text(await Ask(ct, "cat-file", "blob", blob)) : null;
        return (sha, Encoding.ASCII.GetString(content, 5, 40), note);
    }

    public void Dispose()
    {
        if (_isOurs)
            Directory.Delete(_folder, recursive: true);
    }

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5350", Justification = "It is how git names commits; the receipt is what is signed.")]
    private static string NameOf(byte[] commit) => Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"commit {commit.Length}\0"), .. commit]));

    private static string? Text(byte[]? output) => output is { Length: > 0 } ? Encoding.UTF8.GetString(output).Trim() : null;

    private Task<byte[]?> Ask(CancellationToken ct, params string[] arguments) => Run(arguments, from: "", ct);

    // Null where git says no. What it says besides is of no use to whoever asks about a commit.
    private async Task<byte[]?> Run(string[] arguments, string from, CancellationToken ct)
    {
        var start = new ProcessStartInfo("git", ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", .. arguments])
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Else a copy could show another commit under this one's name.
        start.Environment["GIT_NO_REPLACE_OBJECTS"] = "1";
        start.Environment["GIT_TERMINAL_PROMPT"] = "0";
        // A clone that says it is a partial one has git fetch what is missing, by a command of the clone's own. Older versions of git heed
        // only the second of the two.
        start.Environment["GIT_NO_LAZY_FETCH"] = "1";
        start.Environment["GIT_ALLOW_PROTOCOL"] = from;
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bound.CancelAfter(Longest);
        using var process = Begin(start);
        await using var killing = bound.Token.Register(() => process.Kill(entireProcessTree: true));
        using var output = new MemoryStream();
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        await process.StandardOutput.BaseStream.CopyToAsync(output, CancellationToken.None);
        await errors;
        await process.WaitForExitAsync(CancellationToken.None);
        ct.ThrowIfCancellationRequested();
        return process.ExitCode == 0 ? output.ToArray() : null;
    }

    private static Process Begin(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception fault)
        {
            throw Faults.Machine("git-missing", "git cannot be started.", "Install it: apt-get install git", fault);
        }
    }

    private static VexaException NoCopy(string path) =>
        Faults.Input("no-copy", $"There is no clone and no bundle of a workspace at {path}.", "Say with --from where one is: a folder with a clone, or a bundle file.");

    private static VexaException Damaged(string sha) => new(Stage.WorkspaceOpen, Party.Caller, "damaged-commit",
        $"What lies here as commit {sha} is not that commit.", "Get the workspace anew from where it was made; do not trust this copy.")
    { Status = 409 };
}
