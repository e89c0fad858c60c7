namespace Vexa.Cli.Stack;

/// <summary>Which folders live in memory: what agents write must not reach a disk in clear.</summary>
internal static class Tmpfs
{
    /// <summary>
    /// In <c>/run</c> where it is tmpfs, else in <c>/dev/shm</c>, which every Linux has; and there only for a plain user, in a folder of the
    /// user's own: others may not pass through <c>/run/user</c>.
    /// </summary>
    public static string Default() => !Environment.IsPrivilegedProcess ? $"/dev/shm/vexa-{Libc.EffectiveUser()}" : Holds("/run") ? "/run/vexa" : "/dev/shm/vexa";

    /// <summary>True where <paramref name="path"/>, or its nearest existing parent, is on tmpfs.</summary>
    public static bool Holds(string path)
    {
        var existing = path;
        while (!Directory.Exists(existing))
            existing = Path.GetDirectoryName(existing) ?? "/";
        return new DriveInfo(existing).DriveFormat is "tmpfs" or "ramfs";
    }
}
