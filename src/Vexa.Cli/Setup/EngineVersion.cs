using System.Globalization;
using System.Text.RegularExpressions;

namespace Vexa.Cli.Setup;

/// <summary>
/// Whether a version of what runs containers has a publicly known weakness: <c>docs/runtimes/oci.md</c> says what each is, and
/// whether a container of ours could use it.
/// </summary>
internal static partial class EngineVersion
{
    /// <summary>True where versions of this program are judged.</summary>
    public static bool Judges(string program) => program is "runc" or "crun" or "runsc";

    /// <param name="program"><c>runc</c>, <c>crun</c> or <c>runsc</c>.</param>
    /// <param name="said">What its <c>--version</c> prints.</param>
    public static Finding Judge(string program, string said) => program switch
    {
        "runc" => Runc(said),
        "crun" => Crun(said),
        _ => Runsc(said),
    };

    private static Finding Runc(string said)
    {
        if (RuncNumber().Match(said) is not { Success: true } match)
            return Unreadable("runc");

        var version = new Version(match.Groups["v"].Value);
        var candidate = match.Groups["rc"] is { Success: true } rc ? int.Parse(rc.Value, CultureInfo.InvariantCulture) : int.MaxValue;
        var debian = DebianRevision().Match(said);
        List<string> known = [];
        if (version < new Version(1, 1, 12) && !HasBackport(version, debian))
            known.Add("CVE-2024-21626");
        if (version < new Version(1, 2, 8) || (version >= new Version(1, 3, 0) && version < new Version(1, 3, 3)) || (version == new Version(1, 4, 0) && candidate < 3))
            known.AddRange(["CVE-2025-31133", "CVE-2025-52565", "CVE-2025-52881"]);
        return Told("runc", debian.Success ? $"{version} (Debian {debian.Groups["rev"].Value})" : version.ToString(), known, "1.2.8, 1.3.3, 1.4.0");
    }

    private static Finding Crun(string said)
    {
        if (CrunNumber().Match(said) is not { Success: true } match)
            return Unreadable("crun");

        var version = new Version(match.Groups["v"].Value);
        List<string> known = [];
        if (version < new Version(1, 20))
            known.Add("CVE-2025-24965");
        if (version < new Version(1, 30))
            known.AddRange(["CVE-2026-88264", "CVE-2026-88265"]);
        return Told("crun", version.ToString(), known, "1.30");
    }

    // A release is called by its day; Debian puts "0.0~" before it.
    private static Finding Runsc(string said)
    {
        if (RunscDay().Match(said) is not { Success: true } match)
            return Unreadable("runsc");

        var day = int.Parse(match.Groups["day"].Value, CultureInfo.InvariantCulture);
        return Told("runsc", match.Groups["day"].Value, day < 20250319 ? ["CVE-2025-2713"] : [], "20250319");
    }

    private static Finding Told(string program, string shown, List<string> known, string mendedBy) => known.Count == 0
        ? Finding.Ok(program, shown)
        : Finding.Warn(program, $"{shown}: {string.Join(", ", known)}",
            $"version {mendedBy} or later mends {string.Join(", ", known)}: {Upgrade(program)}; where that brings none, docs/runtimes/oci.md says what it means");

    private static Finding Unreadable(string program) => Finding.Warn(program, "its version cannot be read", Upgrade(program));

    private static string Upgrade(string program) => $"sudo apt-get update && sudo apt-get install --only-upgrade {program}";

    // Debian mended that one in the revision deb12u1 of its 1.1.5 (DSA-5615-1) without a new upstream version; the three of 2025 are younger.
    private static bool HasBackport(Version version, Match debian) =>
        version == new Version(1, 1, 5) && debian.Success && int.Parse(debian.Groups["update"].Value, CultureInfo.InvariantCulture) >= 1;

    [GeneratedRegex(@"runc version (?<v>\d+\.\d+\.\d+)(-rc\.?(?<rc>\d+))?")]
    private static partial Regex RuncNumber();

    [GeneratedRegex(@"^commit: \S*?(?<rev>deb12u(?<update>\d+))", RegexOptions.Multiline)]
    private static partial Regex DebianRevision();

    [GeneratedRegex(@"crun version (?<v>\d+\.\d+(\.\d+)?)")]
    private static partial Regex CrunNumber();

    [GeneratedRegex(@"runsc version \D*(0\.0\D)?(?<day>20\d{6})")]
    private static partial Regex RunscDay();
}
