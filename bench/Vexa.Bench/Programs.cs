namespace Vexa.Bench;

/// <summary>What this machine has.</summary>
internal static class Programs
{
    // A user's path often lacks where they are.
    public const string Path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    public static bool Has(string program) => Path.Split(':').Any(folder => File.Exists(System.IO.Path.Combine(folder, program)));
}
