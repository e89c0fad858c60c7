using Vexa.Runtime.Native;
using Vexa.Runtime.Workloads;

namespace Vexa.Runtime.Images;

/// <summary>The root file system of an image: the smallest Debian that has the packages asked for, made by <c>mmdebstrap</c>.</summary>
internal sealed class DebianBase(ImageDefinition definition)
{
    private static readonly string[] MountPoints = ["workspaces", "opt/vexa", "opt/runners", "home/agent", "run", "tmp", "proc", "sys", "dev"];

    // Nobody in a container reads them, or could write them.
    private static readonly string[] Dispensable =
    [
        "usr/share/doc", "usr/share/man", "usr/share/info", "usr/share/locale", "usr/share/lintian", "var/lib/apt/lists", "var/cache",
        "var/log", "etc/resolv.conf", "etc/machine-id", "usr/share/perl5/pod",
    ];

    public async Task Build(string target, Action<string> lines, CancellationToken ct)
    {
        await new Command("mmdebstrap",
        [
            "--mode=root", "--variant=minbase", $"--include={string.Join(',', definition.Packages)}",
            "--dpkgopt=path-exclude=/usr/share/man/*", "--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/locale/*",
            // What makes the archive reachable is a setting of this machine (a proxy, a mirror's clock), so apt here uses it too.
            .. AptSources.Options(),
            definition.Suite, target, .. AptSources.Lines(definition.Suite),
        ])
        {
            Timeout = TimeSpan.FromMinutes(10),
            Environment = WithProxies(),
            Lines = lines,
        }.RunOrThrow(ct);
        Finish(target);
    }

    private static void Finish(string root)
    {
        foreach (var path in Dispensable.Select(p => Path.Combine(root, p)))
        {
            if (Directory.Exists(path) && !File.GetAttributes(path).HasFlag(FileAttributes.ReparsePoint))
                Directory.Delete(path, recursive: true);
            else
                File.Delete(path);
        }

        foreach (var folder in MountPoints)
            Directory.CreateDirectory(Path.Combine(root, folder));

        File.AppendAllText(Path.Combine(root, "etc/passwd"), $"{AgentUser.Name}:x:{AgentUser.Uid}:{AgentUser.Gid}::{AgentUser.Home}:/bin/bash\n");
        File.AppendAllText(Path.Combine(root, "etc/group"), $"{AgentUser.Name}:x:{AgentUser.Gid}:\n");
        // There is no network: the one name that resolves is this container's own, and nothing else is even asked for.
        File.Delete(Path.Combine(root, "etc/hosts"));
        File.WriteAllText(Path.Combine(root, "etc/hosts"), "127.0.0.1 localhost\n::1 localhost\n");
        File.Delete(Path.Combine(root, "etc/hostname"));
        File.WriteAllText(Path.Combine(root, "etc/nsswitch.conf"), "passwd: files\ngroup: files\nshadow: files\nhosts: files\n");
        RemovePrivilegeBits(root);
    }

    // No program gains rights in a container anyway (no new privileges); so none has to look as if it could.
    private static void RemovePrivilegeBits(string root)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = false };
        foreach (var file in Directory.EnumerateFiles(root, "*", options))
        {
            var mode = File.GetUnixFileMode(file);
            if ((mode & (UnixFileMode.SetUser | UnixFileMode.SetGroup)) != 0)
                File.SetUnixFileMode(file, mode & ~(UnixFileMode.SetUser | UnixFileMode.SetGroup));
        }
    }

    private static Dictionary<string, string> WithProxies()
    {
        var environment = new Dictionary<string, string>(new Command("", []).Environment);
        foreach (var name in new[] { "http_proxy", "https_proxy", "no_proxy", "SOURCE_DATE_EPOCH" })
            if (Environment.GetEnvironmentVariable(name) is { } value)
                environment[name] = value;

        return environment;
    }
}
