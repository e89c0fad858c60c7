namespace Vexa.Runtime.Native;

/// <summary>Whether this process is root of the machine, or of a user namespace only.</summary>
internal static class UserNamespace
{
    private const string EveryUser = "4294967295";

    /// <summary>True where the kernel keeps to this process what is the machine's: then root here is a plain user there.</summary>
    public static bool IsInside { get; } = IsMapped(File.ReadLines("/proc/self/uid_map"));

    /// <param name="lines">First user here, first user outside, how many.</param>
    internal static bool IsMapped(IEnumerable<string> lines) =>
        lines.Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToList() is not [["0", "0", EveryUser]];
}
