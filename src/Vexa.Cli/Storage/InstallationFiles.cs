using System.Text.Json.Nodes;
using Vexa.Cli.Stack;
using Vexa.Identity;
using Vexa.Workspaces;

namespace Vexa.Cli.Storage;

/// <summary>
/// What lies beside the bucket and belongs to an installation: the public keys of its receipts, and its own runners. No secret: the key file
/// and the signing key stay where they are.
/// </summary>
internal static class InstallationFiles
{
    private const string ReceiptKeys = "keys/" + KeySet.ReceiptsFileName;
    private const string Runners = "runners/";

    public static IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Read(StackOptions options)
    {
        var files = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        var keys = Path.Combine(options.DataFolder, ReceiptKeys);
        if (File.Exists(keys))
            files[ReceiptKeys] = File.ReadAllBytes(keys);

        foreach (var path in RunnerFiles(options).Where(CanHold))
            files[Runners + Path.GetFileName(path)] = File.ReadAllBytes(path);

        return files;
    }

    /// <summary>Runners that are not taken along.</summary>
    public static IEnumerable<BucketFault> LeftOut(StackOptions options) => RunnerFiles(options).Where(path => !CanHold(path)).Select(path =>
        new BucketFault(Runners + Path.GetFileName(path), "runner-name", $"The runner {path} is not in the backup: its name has other characters than a key may have.", "Rename it, to letters, digits, '-', '_' and '.'."));

    /// <summary>Puts them back. What is there already stays; of keys, there are both then.</summary>
    public static void Write(StackOptions options, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> files)
    {
        foreach (var (name, content) in files)
        {
            var path = Path.Combine(options.DataFolder, name);
            if (name == ReceiptKeys)
                Put(path, File.Exists(path) ? Merge(File.ReadAllBytes(path), content.Span) : content.Span);
            else if (name.StartsWith(Runners, StringComparison.Ordinal) && name.IndexOf('/', Runners.Length) < 0 && !File.Exists(path))
                Put(path, content.Span);
        }
    }

    private static string[] RunnerFiles(StackOptions options) => Path.Combine(options.DataFolder, Runners) is var folder && Directory.Exists(folder) ? Directory.GetFiles(folder, "*.json") : [];

    private static bool CanHold(string path) => Backups.CanHold(Runners + Path.GetFileName(path));

    private static void Put(string path, ReadOnlySpan<byte> content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var temporary = path + ".restored";
        File.WriteAllBytes(temporary, content);
        File.SetUnixFileMode(temporary, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.Move(temporary, path, overwrite: true);
    }

    private static byte[] Merge(byte[] here, ReadOnlySpan<byte> there)
    {
        var merged = JsonNode.Parse(here)!.AsObject();
        var keys = merged["keys"]!.AsArray();
        foreach (var key in JsonNode.Parse(there)!["keys"]!.AsArray())
            if (!keys.Any(known => JsonNode.DeepEquals(known, key)))
                keys.Add(key!.DeepClone());

        return System.Text.Encoding.UTF8.GetBytes(merged.ToJsonString());
    }
}
