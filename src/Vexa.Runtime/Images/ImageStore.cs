using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Vexa.Contracts;
using Vexa.Runtime.Native;

namespace Vexa.Runtime.Images;

/// <summary>An image that this node has built; the file <c>image.json</c> in its folder.</summary>
public sealed record ImageRecord
{
    public required string Name { get; init; }

    /// <summary>Changes whenever anything in the image does: <c>sha256:...</c>.</summary>
    public required string Digest { get; init; }

    /// <summary>Folder below <c>layers/</c> of the root file system.</summary>
    public required string Base { get; init; }

    /// <summary>Folder below <c>layers/</c> that appears at <c>/opt/runners</c>; absent where the image has no runner.</summary>
    public string? Runners { get; init; }

    /// <summary>Folder below <c>layers/</c> that appears at <c>/opt/vexa</c>; absent where the image has no worker.</summary>
    public string? Worker { get; init; }

    /// <summary>The processors that its programs run on: <c>x64</c>, <c>arm64</c>. Absent in images of a time when it was not noted.</summary>
    public string? Architecture { get; init; }

    public required DateTimeOffset BuiltAt { get; init; }
}

/// <summary>
/// The images of this node. Layers are folders that never change once they are there; a build writes new ones beside them and
/// then replaces <c>image.json</c>, so that running containers keep what they started with.
/// </summary>
public sealed class ImageStore(string imagesFolder)
{
    internal const string RecordFile = "image.json";

    /// <summary>As an image's record names the processors of this machine.</summary>
    internal static string OwnArchitecture { get; } = RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();

    /// <summary>The image of a name, or null where it was never built.</summary>
    /// <exception cref="VexaException">Its record cannot be read: rule <c>image-corrupt</c>.</exception>
    public ImageRecord? Find(string name)
    {
        if (!Slug.IsValid(name) || Path.Combine(imagesFolder, name, RecordFile) is var file && !File.Exists(file))
            return null;

        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(file), ImageJson.Default.ImageRecord) ?? throw Corrupt(name, $"{RecordFile} is empty", inner: null);
        }
        catch (JsonException fault)
        {
            throw Corrupt(name, $"{RecordFile} cannot be read", fault);
        }
    }

    /// <summary>All that were built.</summary>
    public IReadOnlyList<ImageRecord> List() => !Directory.Exists(imagesFolder)
        ? []
        : [.. Directory.EnumerateDirectories(imagesFolder).Select(folder => Find(Path.GetFileName(folder))).OfType<ImageRecord>().OrderBy(image => image.Name, StringComparer.Ordinal)];

    /// <exception cref="VexaException">
    /// There is no such image, something of it is gone, or it is for other processors: rule <c>image-missing</c>, <c>image-corrupt</c>,
    /// <c>image-architecture</c>.
    /// </exception>
    internal ImageLayers Open(string name)
    {
        var record = Find(name) ?? throw Missing(name);
        if (record.Architecture is { } architecture && architecture != OwnArchitecture)
            throw new VexaException(Stage.RuntimeStart, Party.Operator, "image-architecture", $"Image '{name}' is for {architecture}, and this node is {OwnArchitecture}.",
                "Build it here: ./vexa image build");

        var layers = new ImageLayers(name, record.Digest, Layer(name, record.Base),
            record.Runners is { } r ? Layer(name, r) : null, record.Worker is { } w ? Layer(name, w) : null);
        if (layers.All.FirstOrDefault(layer => !Directory.Exists(layer)) is { } gone)
            throw Corrupt(name, $"its layer {Path.GetFileName(gone)} is gone", inner: null);

        // runc insists on a root file system whose path has no symbolic link in it.
        return layers with { Base = Libc.RealPath(layers.Base) };
    }

    private string Layer(string name, string layer) => Path.Combine(imagesFolder, name, "layers", layer);

    private static VexaException Missing(string name) => new(Stage.RuntimeStart, Party.Operator, "image-missing",
        $"This node has no image '{(Slug.IsValid(name) ? name : "?")}'.", "Build it: ./vexa image build");

    private static VexaException Corrupt(string name, string why, Exception? inner) =>
        new(Stage.RuntimeStart, Party.Operator, "image-corrupt", $"Image '{name}' cannot be used: {why}.", "Build it anew: ./vexa image build", inner);
}

/// <summary>The folders that an image consists of.</summary>
/// <param name="Digest">As in <see cref="ImageRecord.Digest"/>.</param>
internal sealed record ImageLayers(string Name, string Digest, string Base, string? Runners, string? Worker)
{
    public IEnumerable<string> All => new[] { Base, Runners, Worker }.OfType<string>();
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    WriteIndented = true)]
[JsonSerializable(typeof(ImageRecord))]
[JsonSerializable(typeof(ImageDefinition))]
internal sealed partial class ImageJson : JsonSerializerContext;
