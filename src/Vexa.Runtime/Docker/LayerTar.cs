using System.Formats.Tar;
using Vexa.Runtime.Native;

namespace Vexa.Runtime.Docker;

/// <summary>
/// A folder as a layer of an image: owners, modes, symbolic and hard links as they are. The same folder gives the same bytes, because
/// a layer is known by their hash.
/// </summary>
internal static class LayerTar
{
    /// <param name="prefix">Where the folder appears in the image: <c>opt/vexa</c>; empty for its root.</param>
    public static async Task Write(string folder, string prefix, Stream target, CancellationToken ct)
    {
        await using var writer = new TarWriter(target, TarEntryFormat.Gnu, leaveOpen: true);
        var names = new Dictionary<(ulong Device, ulong Inode), string>();
        foreach (var path in Entries(folder))
        {
            var name = string.Join('/', new[] { prefix, Path.GetRelativePath(folder, path) }.Where(part => part is not ("" or ".")));
            if (name.Length > 0)
                await Write(writer, path, name, names, ct);
        }
    }

    private static async Task Write(TarWriter writer, string path, string name, Dictionary<(ulong Device, ulong Inode), string> names, CancellationToken ct)
    {
        var status = FileStatus.Of(path);
        // Devices and the like have no place in an image: every container gets its own.
        if (status.Kind is not (FileKind.Folder or FileKind.File or FileKind.SymbolicLink))
            return;

        var known = status is { Kind: FileKind.File, Links: > 1 } && !names.TryAdd((status.Device, status.Inode), name) ? names[(status.Device, status.Inode)] : null;
        var entry = new GnuTarEntry(TypeOf(status.Kind, known), status.Kind == FileKind.Folder ? name + "/" : name)
        {
            Mode = status.Mode,
            Uid = status.Uid,
            Gid = status.Gid,
            ModificationTime = DateTimeOffset.FromUnixTimeSeconds(status.ModifiedAt),
        };
        if (known is not null)
            entry.LinkName = known;
        if (status.Kind == FileKind.SymbolicLink)
            entry.LinkName = new FileInfo(path).LinkTarget!;

        await using var content = entry.EntryType == TarEntryType.RegularFile ? File.OpenRead(path) : null;
        if (content is not null)
            entry.DataStream = content;
        await writer.WriteEntryAsync(entry, ct);
    }

    private static TarEntryType TypeOf(FileKind kind, string? known) => kind switch
    {
        FileKind.Folder => TarEntryType.Directory,
        FileKind.SymbolicLink => TarEntryType.SymbolicLink,
        _ when known is not null => TarEntryType.HardLink,
        _ => TarEntryType.RegularFile,
    };

    private static IEnumerable<string> Entries(string folder)
    {
        yield return folder;
        foreach (var entry in Directory.EnumerateFileSystemEntries(folder).Order(StringComparer.Ordinal))
        {
            if (FileStatus.Of(entry).Kind != FileKind.Folder)
            {
                yield return entry;
                continue;
            }

            foreach (var inner in Entries(entry))
                yield return inner;
        }
    }
}
