using Vexa.Cli.Commands;
using Vexa.Contracts;

namespace Vexa.Cli.Stack;

/// <summary>Makes the two folders of an installation, and takes the one in memory away again.</summary>
internal static class StackFolders
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    // The user of the agents passes through to what the runtime opens for it; what lies in the folder has narrower modes.
    private const UnixFileMode PassThrough = OwnerOnly | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <exception cref="VexaException">A folder cannot be trusted or made.</exception>
    public static void Create(StackOptions options)
    {
        try
        {
            foreach (var folder in new[] { options.DataFolder, options.LogsFolder })
                CreateOwn(folder, OwnerOnly);
            if (Path.GetDirectoryName(options.RunFolder) is { } parent && !Directory.Exists(parent))
                CreateOwn(parent, PassThrough);
            CreateOwn(options.RunFolder, PassThrough);
            CreateOwn(options.RedisFolder, OwnerOnly);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Faults.Machine("folders", $"A folder cannot be made: {fault.Message}", "Mend its parent, or name other folders in VEXA_DATA and VEXA_RUN.", fault);
        }

        // /dev/shm is open to everybody: somebody else may have been there first.
        foreach (var folder in new[] { options.RunFolder, Path.GetDirectoryName(options.RunFolder)! })
            if (Libc.OwnerOf(folder) is { } owner && owner != Libc.EffectiveUser() && owner != 0)
                throw Faults.Machine("folder-owner", $"{folder} belongs to another user (uid {owner}).", $"Remove it, or name another folder in VEXA_RUN: sudo rm -r {folder}");
    }

    /// <summary>Removes the runtime folder; what is still mounted in it is left alone.</summary>
    /// <returns>Mount points that were left; empty where all is gone.</returns>
    public static IReadOnlyList<string> RemoveRun(StackOptions options)
    {
        var mounts = MountsBelow(options.RunFolder);
        if (mounts.Count == 0 && Directory.Exists(options.RunFolder))
            Directory.Delete(options.RunFolder, recursive: true);
        return mounts;
    }

    private static List<string> MountsBelow(string folder) =>
        [.. File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(' ')[4]).Where(point => point.StartsWith(folder + "/", StringComparison.Ordinal))];

    private static void CreateOwn(string folder, UnixFileMode mode)
    {
        Directory.CreateDirectory(folder, mode);
        if (Libc.OwnerOf(folder) == Libc.EffectiveUser())
            File.SetUnixFileMode(folder, mode);
    }
}
