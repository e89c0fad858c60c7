using Microsoft.Extensions.Logging.Abstractions;
using Vexa.Contracts;
using Vexa.Docker;
using Vexa.Runtime.Docker;
using Vexa.Runtime.Workloads;
using Vexa.Schemas;

namespace Vexa.Runtime.Images;

/// <param name="Bytes">Of its files; of all its layers, also superseded ones that are kept for a while.</param>
/// <param name="EngineCopies">What it is called in a Docker engine, where it was loaded into one.</param>
/// <param name="UsedBy">Dispatches whose container runs on it, and those whose record is damaged: nobody can say what they run on.</param>
public sealed record ImageOnNode(ImageRecord Image, long Bytes, IReadOnlyList<string> EngineCopies, IReadOnlyList<string> UsedBy);

/// <summary>The images of a node for whoever runs it: what there is, who uses it, and how to be rid of it.</summary>
public sealed class NodeImages : IDisposable
{
    private readonly RuntimeOptions _options;
    private readonly ImageStore _store;
    private readonly DockerEngine _engine;
    private readonly DockerImages _copies;

    public NodeImages(RuntimeOptions options, TimeProvider time)
    {
        (_options, _store) = (options, new ImageStore(options.ImagesFolder));
        _engine = new DockerEngine(options.DockerHost["unix://".Length..], time);
        _copies = new DockerImages(_engine, options.ImagesFolder, NullLogger.Instance);
    }

    public IReadOnlyList<ImageOnNode> List()
    {
        var uses = Uses();
        return [.. _store.List().Select(image => new ImageOnNode(image, BytesOf(image.Name), _copies.Of(image.Name), [.. uses.Where(use => use.MayBeOf(image.Name)).Select(use => use.Dispatch)]))];
    }

    /// <summary>Makes the backend's engine have an image, where it has one.</summary>
    /// <exception cref="VexaException">There is no such image, or the engine does not take it.</exception>
    public async Task Provide(string name, IProgress<ImageProgress>? progress, CancellationToken ct)
    {
        if (_options.Backend == "docker")
            await _copies.Ensure(_store.Open(name), progress, ct);
    }

    /// <summary>Removes an image: first from the engine that it was loaded into, then its layers.</summary>
    /// <exception cref="VexaException">There is no such image; a container uses it; or the engine is away. Then the image stays usable.</exception>
    public async Task Remove(string name, CancellationToken ct)
    {
        if (_store.Find(name) is null)
            throw new VexaException(Stage.RuntimeStart, Party.Caller, "image-missing", $"This node has no image '{(Slug.IsValid(name) ? name : "?")}'.", "See which there are: ./vexa image list") { Status = 404 };

        var folder = Path.Combine(_options.ImagesFolder, name);
        using var ours = Lock(name, folder);
        var users = Uses().Where(use => use.MayBeOf(name)).Select(use => use.Dispatch).ToList();
        if (users.Count > 0)
            throw Used(name, users);

        if (_copies.Of(name).Count > 0 && await _copies.Remove(name, keep: null, ct) is { Count: > 0 } kept)
            throw Used(name, kept);

        // The record first: there is never half an image.
        File.Delete(Path.Combine(folder, ImageStore.RecordFile));
        Directory.Delete(folder, recursive: true);
    }

    public void Dispose()
    {
        _copies.Dispose();
        _engine.Dispose();
    }

    // The lock of whoever builds it.
    private static FileStream Lock(string name, string folder)
    {
        try
        {
            return new FileStream(Path.Combine(folder, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException building)
        {
            throw new VexaException(Stage.RuntimeStart, Party.Caller, "image-used", $"Image '{name}' is being built.", "Wait until that is done, then try again.", building) { Status = 409 };
        }
    }

    // What a runtime keeps about its workloads for a restart of its own.
    private List<Use> Uses()
    {
        var folder = RuntimeFolder.At(_options.RunFolder);
        if (!Directory.Exists(folder.Workloads))
            return [];

        return
        [
            .. Directory.EnumerateDirectories(folder.Workloads)
                .Select(path => Id.TryParse<DispatchId>(Path.GetFileName(path), out var id) ? UseOf(id, new WorkloadRecord(folder, id)) : null)
                .OfType<Use>(),
        ];
    }

    private static Use? UseOf(DispatchId id, WorkloadRecord record)
    {
        try
        {
            return record.LoadSpec() is { } spec ? new Use(spec.Image, id.Value) : null;
        }
        catch (ContractException)
        {
            return new Use(Image: null, id.Value);
        }
        catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException)
        {
            return null; // ended meanwhile
        }
    }

    /// <param name="Image">Null where nobody can say.</param>
    private sealed record Use(string? Image, string Dispatch)
    {
        public bool MayBeOf(string image) => Image is null || Image == image;
    }

    private long BytesOf(string name) => new DirectoryInfo(Path.Combine(_options.ImagesFolder, name))
        .EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
        .Sum(file => file.Length);

    private static VexaException Used(string name, IReadOnlyList<string> by) => new(Stage.RuntimeStart, Party.Caller, "image-used",
        $"Image '{name}' is in use by {string.Join(", ", by.Take(3))}{(by.Count > 3 ? $" and {by.Count - 3} more" : "")}.",
        "Wait until they have ended, or end them: vexa runs, then vexa cancel RUN")
    { Status = 409 };
}
