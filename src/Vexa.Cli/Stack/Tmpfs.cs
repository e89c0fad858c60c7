namespace Vexa.Cli.Stack;

/// <summary>Which folders live in memory: what agents write must not reach a disk in clear.</summary>
internal static class Tmpfs
{
    /// <summary><c>/run</c> where it is tmpfs, else <c>/dev/shm</c>, which every Linux has.</summary>
    public static string Default() => Holds("/run") ? "/run" : "/dev/shm";

    /// <summary>True where <paramref name="path"/>, or its nearest existing parent, is on tmpfs.</summary>
    public static bool Holds(string path)
    {
        var existing = path;
        while (!Directory.Exists(existing))
            existing = Path.GetDirectoryName(existing) ?? "/";
        return new DriveInfo(existing).DriveFormat is "tmpfs" or "ramfs";
    }
}
