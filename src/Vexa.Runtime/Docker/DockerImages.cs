using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Vexa.Docker;
using Vexa.Runtime.Images;

namespace Vexa.Runtime.Docker;

/// <summary>
/// The engine's copies of this node's images. An image is loaded when it is first asked for and named after its content; the names of
/// what was loaded are kept beside the image (<c>engine-copies</c>), so that what was superseded can be taken out of the engine again.
/// </summary>
internal sealed partial class DockerImages(DockerEngine engine, string imagesFolder, ILogger log) : IDisposable
{
    private const string CopiesFile = "engine-copies";
    private const string ImageLabel = "vexa.image";
    private const string DigestLabel = "vexa.digest";

    private readonly SemaphoreSlim _loading = new(1);
    private readonly ConcurrentDictionary<string, bool> _there = new();

    /// <summary>Makes the engine have an image; done at once where it has. Two at once load it once.</summary>
    public async Task Ensure(ImageLayers image, IProgress<ImageProgress>? progress, CancellationToken ct)
    {
        var tag = ImageTag.Of(image);
        if (_there.ContainsKey(tag))
            return;

        await _loading.WaitAsync(ct);
        try
        {
            if (await DockerFaults.Explained(() => engine.Images.Find(tag, ct)) is null)
                await Load(image, tag, progress, ct);

            _there[tag] = true;
        }
        finally
        {
            _loading.Release();
        }
    }

    /// <summary>What an image was loaded as.</summary>
    public IReadOnlyList<string> Of(string name) => [.. Copies(name)];

    /// <summary>The engine has it no more.</summary>
    public void Forget(ImageLayers image) => _there.TryRemove(ImageTag.Of(image), out _);

    public void Dispose() => _loading.Dispose();

    /// <summary>Takes copies out of the engine.</summary>
    /// <param name="keep">A tag that stays; all go where null.</param>
    /// <returns>What stays, because a container uses it.</returns>
    public async Task<IReadOnlyList<string>> Remove(string name, string? keep, CancellationToken ct)
    {
        var used = new List<string>();
        var copies = Copies(name).ToList();
        foreach (var tag in copies.Where(tag => tag != keep))
            if (!await DockerFaults.Explained(() => engine.Images.Remove(tag, ct)) && await DockerFaults.Explained(() => engine.Images.Find(tag, ct)) is not null)
                used.Add(tag);

        Keep(name, copies.Where(tag => tag == keep || used.Contains(tag)));
        return used;
    }

    private async Task Load(ImageLayers image, string tag, IProgress<ImageProgress>? progress, CancellationToken ct)
    {
        progress?.Report(new ImageProgress("engine", "measuring"));
        var archive = await ImageArchive.Of(image, tag, new Dictionary<string, string> { [ImageLabel] = image.Name, [DigestLabel] = image.Digest }, ct);
        var total = archive.Size >> 20;
        Loading(tag, total);
        Keep(image.Name, [.. Copies(image.Name), tag]);
        await DockerFaults.Explained(() => engine.Images.Load((stream, bound) =>
            archive.Write(stream, written => progress?.Report(new ImageProgress("engine", $"{written >> 20} of {total} MiB")), bound), ct));
        progress?.Report(new ImageProgress("engine", "done"));
        await Remove(image.Name, keep: tag, ct);
    }

    private string FileOf(string name) => Path.Combine(imagesFolder, name, CopiesFile);

    private IEnumerable<string> Copies(string name) => File.Exists(FileOf(name)) ? File.ReadAllLines(FileOf(name)).Where(line => line.Length > 0).Distinct() : [];

    private void Keep(string name, IEnumerable<string> tags)
    {
        var file = FileOf(name);
        File.WriteAllLines(file + ".new", tags.Distinct().ToList());
        File.Move(file + ".new", file, overwrite: true);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Tag} is loaded into the engine: {Megabytes} MiB")]
    private partial void Loading(string tag, long megabytes);
}
