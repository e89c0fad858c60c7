namespace Vexa.Workspaces;

/// <summary>Takes up where git's merge of two commits gave up. All of it is settled, or nothing: half a merge is none.</summary>
internal sealed class ConflictResolver(Objects objects, WorkspaceOptions options, TimeProvider time)
{
    // Three versions of each file are in memory at once.
    private const long MostBytes = 48L * 1024 * 1024;

    /// <returns>The merged tree; null where a conflict remains.</returns>
    public async Task<string?> Resolve(GitFolders where, MergeOutcome merge, CancellationToken ct)
    {
        if (!merge.OnlyTexts || merge.Contested.Count == 0 || !merge.Contested.All(IsOrdinary))
            return null;

        var blobs = merge.Contested.SelectMany(Versions).Select(entry => entry.Blob).ToList();
        if (await objects.ReadBlobs(where, blobs, MostBytes, ct) is not { } read)
            return null;

        var contents = new Queue<ReadOnlyMemory<byte>>(read);
        var merged = new List<byte[]>();
        var started = time.GetTimestamp();
        foreach (var file in merge.Contested)
        {
            ct.ThrowIfCancellationRequested();
            if (time.GetElapsedTime(started) > options.MergeTimeout)
                return null;

            ReadOnlyMemory<byte>? based = file.Base is null ? null : contents.Dequeue();
            if (StructuredMerge.Merge(file.Path, based, contents.Dequeue(), contents.Dequeue()) is not { } text)
                return null;

            merged.Add(text);
        }

        var written = await objects.WriteBlobs(where, merged, ct);
        return await objects.WriteTree(where, merge.Tree,
            merge.Contested.Select((file, i) => KeyValuePair.Create(file.Path, (FileEntry?)new FileEntry(file.Ours!.Value.Mode, written[i]))), ct);
    }

    private static IEnumerable<FileEntry> Versions(ContestedFile file) =>
        new[] { file.Base, file.Ours, file.Theirs }.Where(entry => entry is not null).Select(entry => entry!.Value);

    private static bool IsOrdinary(ContestedFile file) =>
        file is { Ours: { Mode: Change.File or Change.Executable }, Theirs: not null } && Versions(file).All(entry => entry.Mode == file.Ours.Value.Mode);
}
