using System.Text;

namespace Vexa.Runtime.Native;

/// <summary>What is mounted now (<c>/proc/self/mountinfo</c>).</summary>
internal static class MountTable
{
    /// <summary>Mount points at or below a folder, deepest and latest first: the order in which to unmount.</summary>
    public static IReadOnlyList<string> At(string folder) =>
    [
        .. File.ReadAllLines("/proc/self/mountinfo")
            .Select(line => Unescape(line.Split(' ')[4]))
            .Where(target => target == folder || target.StartsWith(folder + "/", StringComparison.Ordinal))
            .Reverse(),
    ];

    public static bool IsMountPoint(string folder) => At(folder).Contains(folder);

    public static void UnmountAll(string folder)
    {
        foreach (var target in At(folder))
            Libc.Unmount(target);
    }

    // The kernel writes blank, tab, newline and backslash as octal.
    private static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
            return text;

        var plain = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 3 < text.Length)
            {
                plain.Append((char)Convert.ToInt32(text.Substring(i + 1, 3), 8));
                i += 3;
            }
            else
            {
                plain.Append(text[i]);
            }
        }

        return plain.ToString();
    }
}
