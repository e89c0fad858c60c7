using Vexa.Cli.Commands;
using Vexa.Cli.Setup;
using Vexa.Cli.Stack;
using Vexa.Contracts;
using Vexa.Runtime.Images;

namespace Vexa.Cli.Testing;

/// <summary>
/// A real S3 server for the tests: Ceph's programs and their libraries, unpacked from Debian's packages into a folder. Nothing of it is
/// installed, and it runs from there by its own loader.
/// </summary>
internal static class CephRoot
{
    // The release whose packages are known to work; another one goes into another folder.
    private const string Suite = "trixie";
    private static readonly string[] Packages = ["radosgw", "ceph-mon", "ceph-osd"];
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    public static string FolderOf(StackOptions options) => Path.Combine(options.DataFolder, "tests", $"ceph-{Suite}");

    /// <summary>Unpacks it where it is not there yet.</summary>
    /// <exception cref="VexaException"><c>install-failed</c>.</exception>
    public static async Task<string> Ensure(StackOptions options, Terminal terminal, CancellationToken ct)
    {
        var folder = FolderOf(options);
        if (Directory.Exists(folder))
            return folder;

        terminal.Line($"Unpacking an S3 server for the tests (Ceph, from Debian {Suite})");
        var unfinished = $"{folder}.{Guid.NewGuid():N}";
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        try
        {
            var result = await CommandRun.Capture(
                ["mmdebstrap", "--variant=extract", $"--include={string.Join(',', Packages)}", .. AptSources.Options(), Suite, unfinished, .. AptSources.Lines(Suite)], Longest, ct);
            if (result.ExitCode != 0)
                throw Faults.Machine("install-failed", $"mmdebstrap could not unpack {string.Join(", ", Packages)}: {result.Output.Trim().Split('\n')[^1]}", "See that Debian's mirror is reachable, then try again.");

            foreach (var dispensable in (string[])["usr/share", "var"])
                Directory.Delete(Path.Combine(unfinished, dispensable), recursive: true);
            Directory.Move(unfinished, folder);
            return folder;
        }
        finally
        {
            if (Directory.Exists(unfinished))
                Directory.Delete(unfinished, recursive: true);
        }
    }
}
