using System.Globalization;
using Vexa.Contracts;
using Vexa.Runtime.Native;
using Vexa.Runtime.Workloads;

namespace Vexa.Runtime.Mounts;

/// <summary>
/// Makes a git work tree out of a bundle, in a fresh folder that no agent can write, as the agent's user and not as ours: what is
/// in the bundle was written by agents (I5).
/// </summary>
internal static class Checkout
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(2);

    // The overlay gives copied-up files new inodes and change times; without the two settings git would read every file again.
    private const string Config =
        """
        [core]
            repositoryformatversion = 0
            filemode = true
            bare = false
            logallrefupdates = true
            checkStat = minimal
            trustctime = false
        [gc]
            auto = 0

        """;

    /// <param name="target">Does not exist yet; its parent does.</param>
    /// <param name="bundle">A full bundle.</param>
    /// <exception cref="InvalidDataException">The bundle is not what it should be.</exception>
    /// <exception cref="CommandFailedException">Git refuses its content.</exception>
    public static async Task Make(string target, Stream bundle, string commit, long mostBytes, CancellationToken ct)
    {
        var head = await GitBundle.ReadHead(bundle, "refs/heads/main", ct);
        if (head != commit)
            throw new InvalidDataException("the bundle's main is another commit");

        MakeRepository(target, commit);
        await Git(target, ["index-pack", "--stdin", "--strict", $"--max-input-size={mostBytes.ToString(CultureInfo.InvariantCulture)}"], bundle).RunOrThrow(ct);
        await Git(target, ["read-tree", "-u", "--reset", commit], input: null).RunOrThrow(ct);
    }

    // By hand, in place of `git init`: a process less, and no template of the machine's owner gets in.
    private static void MakeRepository(string target, string commit)
    {
        const UnixFileMode Folder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Directory.CreateDirectory(target, Folder);
        Libc.ChangeOwner(target, AgentUser.Uid, AgentUser.Gid);
        foreach (var folder in new[] { ".git", ".git/objects", ".git/objects/pack", ".git/objects/info", ".git/refs", ".git/refs/heads", ".git/info" })
        {
            Directory.CreateDirectory(Path.Combine(target, folder), Folder);
            Libc.ChangeOwner(Path.Combine(target, folder), AgentUser.Uid, AgentUser.Gid);
        }

        foreach (var (file, content) in new[] { (".git/HEAD", "ref: refs/heads/main\n"), (".git/config", Config), (".git/refs/heads/main", commit + "\n") })
        {
            File.WriteAllText(Path.Combine(target, file), content);
            Libc.ChangeOwner(Path.Combine(target, file), AgentUser.Uid, AgentUser.Gid);
        }
    }

    private static Command Git(string folder, IReadOnlyList<string> arguments, Stream? input) => new("setpriv",
    [
        $"--reuid={AgentUser.Uid}", $"--regid={AgentUser.Gid}", "--clear-groups", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all",
        "git", "--no-pager", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.attributesFile=/dev/null",
        "-c", "protocol.allow=never", "-c", "submodule.recurse=false", .. arguments,
    ])
    {
        WorkingDirectory = folder,
        Timeout = Bound,
        Input = input,
        Environment = new Dictionary<string, string>
        {
            ["PATH"] = "/usr/bin:/bin",
            ["HOME"] = "/nonexistent",
            ["LC_ALL"] = "C.UTF-8",
            ["GIT_CONFIG_NOSYSTEM"] = "1",
            ["GIT_CONFIG_GLOBAL"] = "/dev/null",
            ["GIT_TERMINAL_PROMPT"] = "0",
            ["GIT_CEILING_DIRECTORIES"] = Path.GetDirectoryName(folder)!,
            ["GIT_DIR"] = ".git",
            ["GIT_WORK_TREE"] = ".",
        },
    };
}
