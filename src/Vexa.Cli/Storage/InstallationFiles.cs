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

        var runners = Path.Combine(options.DataFolder, Runners);
        foreach (var path in Directory.Exists(runners) ? Directory.GetFiles(runners, "*.json") : [])
            if (Backups.CanHold(Runners + Path.GetFileName(path)))
                files[Runners + Path.GetFileName(path)] = File.ReadAllBytes(path);

        return files;
    }

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
