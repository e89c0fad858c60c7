using Microsoft.Extensions.Logging.Abstractions;
using Vexa.Contracts;
using Vexa.Workspaces;

namespace Vexa.Bench;

/// <summary>A workspace in a folder bucket on the disk, sealed, with the cache where a stack has it: in memory.</summary>
internal sealed class BenchStore : IAsyncDisposable
{
    public static readonly WorkspaceId Notes = Id.Parse<WorkspaceId>("notes");

    private const int ManyBundles = 64;

    private readonly SealedBucket _bucket;
    private readonly bool _isFirst;

    private BenchStore(string folder, string cache, SealedBucket bucket, bool isFirst, int mostBundles)
    {
        (Folder, _bucket, _isFirst) = (folder, bucket, isFirst);
        var options = new WorkspaceOptions { CacheFolder = Path.Combine(Memory, cache), MostBundles = mostBundles };
        Store = new WorkspaceStore(bucket, options, TimeProvider.System, NullLogger<WorkspaceStore>.Instance);
    }

    public string Folder { get; }

    public WorkspaceStore Store { get; }

    private string Memory => Path.Combine("/dev/shm/vexa-bench", Path.GetFileName(Folder));

    /// <summary>With a hundred small files in ten folders.</summary>
    public static async Task<BenchStore> Create(CancellationToken ct)
    {
        var folder = Directory.CreateTempSubdirectory("vexa-bench-").FullName;
        var bucket = await SealedBucket.Open(new FolderBucket(Path.Combine(folder, "bucket")), new SealingOptions { KeyFile = Path.Combine(folder, "keys") }, TimeProvider.System, ct);
        var made = new BenchStore(folder, "cache", bucket, isFirst: true, ManyBundles);
        var files = Enumerable.Range(0, 100).ToDictionary(i => $"folder-{i % 10}/note-{i}.md", i => string.Concat(Enumerable.Range(0, 40).Select(line => $"Line {line} of note {i}.\n")));
        await made.Store.Create(Notes, files, Id.Parse<SubjectId>("ada"), ct);
        return made;
    }

    /// <summary>The same bucket as another process sees it.</summary>
    /// <param name="cache">"cache" is the first one's.</param>
    public BenchStore Again(string cache, int mostBundles = ManyBundles) => new(Folder, cache, _bucket, isFirst: false, mostBundles);

    public int CountBundles() => Directory.GetFiles(Path.Combine(Folder, "bucket", "workspaces", Notes.Value, "bundles")).Length;

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        if (!_isFirst)
            return;

        _bucket.Dispose();
        Directory.Delete(Folder, recursive: true);
        Directory.Delete(Memory, recursive: true);
    }
}
