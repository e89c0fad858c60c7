using Microsoft.Extensions.Logging.Abstractions;
using Vexa.Contracts;
using Vexa.Workspaces;

namespace Vexa.Bench;

/// <summary>A workspace in a folder bucket on the disk, sealed, with the cache where a stack has it: in memory.</summary>
internal sealed class BenchStore : IDisposable
{
    public static readonly WorkspaceId Notes = Id.Parse<WorkspaceId>("notes");

    private readonly SealedBucket _bucket;

    private BenchStore(string folder, SealedBucket bucket)
    {
        (Folder, _bucket) = (folder, bucket);
        Store = new WorkspaceStore(bucket, new WorkspaceOptions { CacheFolder = Cache }, TimeProvider.System, NullLogger<WorkspaceStore>.Instance);
    }

    public string Folder { get; }

    public WorkspaceStore Store { get; }

    private string Cache => Path.Combine("/dev/shm/vexa-bench", Path.GetFileName(Folder));

    /// <summary>With a hundred small files in ten folders.</summary>
    public static async Task<BenchStore> Create(CancellationToken ct)
    {
        var folder = Directory.CreateTempSubdirectory("vexa-bench-").FullName;
        var bucket = await SealedBucket.Open(new FolderBucket(Path.Combine(folder, "bucket")), new SealingOptions { KeyFile = Path.Combine(folder, "keys") }, TimeProvider.System, ct);
        var made = new BenchStore(folder, bucket);
        var files = Enumerable.Range(0, 100).ToDictionary(i => $"folder-{i % 10}/note-{i}.md", i => string.Concat(Enumerable.Range(0, 40).Select(line => $"Line {line} of note {i}.\n")));
        await made.Store.Create(Notes, files, Id.Parse<SubjectId>("ada"), ct);
        return made;
    }

    public void Dispose()
    {
        Store.Dispose();
        _bucket.Dispose();
        Directory.Delete(Folder, recursive: true);
        Directory.Delete(Cache, recursive: true);
    }
}
