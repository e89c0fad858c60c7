using System.Globalization;
using System.Text.RegularExpressions;

namespace Vexa.Cli.Setup;

/// <summary>Whether a version of runc has an escape that is publicly known.</summary>
internal static partial class RuncVersion
{
    private const string Mend = "sudo apt-get update && sudo apt-get install --only-upgrade runc";

    /// <param name="said">What <c>runc --version</c> prints.</param>
    public static Finding Judge(string said)
    {
        var match = Number().Match(said);
        if (!match.Success)
            return Finding.Warn("runc", "its version cannot be read", Mend);

        var version = new Version(match.Groups["v"].Value);
        var debian = DebianRevision().Match(said);
        var shown = debian.Success ? $"{version} (Debian {debian.Groups["rev"].Value})" : version.ToString();
        if (version < new Version(1, 1, 12) && !HasBackport(version, debian))
            return Finding.Warn("runc", $"{shown}: CVE-2024-21626, escape by a leaked descriptor", Mend);

        if ((version >= new Version(1, 2, 0) && version < new Version(1, 2, 8)) || (version >= new Version(1, 3, 0) && version < new Version(1, 3, 3)))
            return Finding.Warn("runc", $"{shown}: CVE-2025-31133, escape by masked paths", Mend);

        return Finding.Ok("runc", version < new Version(1, 1, 12) ? $"{shown}, CVE-2024-21626 mended there" : shown);
    }

    // Debian mended its 1.1.5 in the revision deb12u1 (DSA-5615-1) without a new upstream version.
    private static bool HasBackport(Version version, Match debian) =>
        version == new Version(1, 1, 5) && debian.Success && int.Parse(debian.Groups["update"].Value, CultureInfo.InvariantCulture) >= 1;

    [GeneratedRegex(@"runc version (?<v>\d+\.\d+\.\d+)")]
    private static partial Regex Number();

    [GeneratedRegex(@"^commit: \S*?(?<rev>deb12u(?<update>\d+))", RegexOptions.Multiline)]
    private static partial Regex DebianRevision();
}
