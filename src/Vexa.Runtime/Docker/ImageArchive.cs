using System.Formats.Tar;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Vexa.Runtime.Images;

namespace Vexa.Runtime.Docker;

/// <summary>
/// An image in the form of <c>docker save</c>, written as it is read: no copy of it lies on a disk. Its layers are measured first,
/// because their sizes and hashes stand in front of them.
/// </summary>
internal sealed class ImageArchive
{
    private const int BlockSize = 512;
    private const int BufferSize = 1024 * 1024;

    private readonly IReadOnlyList<MeasuredLayer> _layers;
    private readonly byte[] _config;
    private readonly byte[] _manifest;
    private readonly string _configName;

    private ImageArchive(IReadOnlyList<MeasuredLayer> layers, byte[] config, string tag)
    {
        (_layers, _config) = (layers, config);
        _configName = Convert.ToHexStringLower(SHA256.HashData(config)) + ".json";
        _manifest = JsonSerializer.SerializeToUtf8Bytes<ArchivedImage[]>([new(_configName, [tag], [.. layers.Select(layer => layer.FileName)])], ArchiveJson.Default.ArchivedImageArray);
    }

    /// <summary>Bytes of all layers.</summary>
    public long Size => _layers.Sum(layer => layer.Size);

    /// <param name="tag">What the engine will know it by: <c>name:tag</c>.</param>
    /// <param name="labels">What the engine will say of it.</param>
    public static async Task<ImageArchive> Of(ImageLayers image, string tag, IReadOnlyDictionary<string, string> labels, CancellationToken ct)
    {
        var layers = new List<MeasuredLayer>();
        foreach (var (folder, prefix) in Parts(image))
            layers.Add(await Measure(folder, prefix, ct));

        var config = new ArchivedConfig(
            RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "arm64" : "amd64", "linux",
            // A constant: two builds of the same parts are the same image.
            DateTimeOffset.UnixEpoch, new ArchivedDefaults(labels), new ArchivedRoot("layers", [.. layers.Select(layer => layer.DiffId)]));
        return new ImageArchive(layers, JsonSerializer.SerializeToUtf8Bytes(config, ArchiveJson.Default.ArchivedConfig), tag);
    }

    /// <param name="written">Is told how many bytes of layers are written.</param>
    public async Task Write(Stream target, Action<long> written, CancellationToken ct)
    {
        await using var writer = new TarWriter(target, TarEntryFormat.Ustar, leaveOpen: true);
        await Write(writer, _configName, _config, ct);
        await Write(writer, "manifest.json", _manifest, ct);
        var sent = 0L;
        foreach (var layer in _layers)
        {
            // The writer wants a stream whose length it can ask for; this one is being made while it is written.
            await target.WriteAsync(Header(layer.FileName, layer.Size), ct);
            await using var buffer = new BufferedStream(new CountingStream(target, length => written(sent += length)), BufferSize);
            await LayerTar.Write(layer.Folder, layer.Prefix, buffer, ct);
            await buffer.WriteAsync(new byte[(BlockSize - layer.Size % BlockSize) % BlockSize], ct);
            await buffer.FlushAsync(ct);
        }
    }

    private static IEnumerable<(string Folder, string Prefix)> Parts(ImageLayers image)
    {
        yield return (image.Base, "");
        if (image.Runners is { } runners)
            yield return (runners, "opt/runners");
        if (image.Worker is { } worker)
            yield return (worker, "opt/vexa");
    }

    private static async Task<MeasuredLayer> Measure(string folder, string prefix, CancellationToken ct)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var size = 0L;
        await using (var buffer = new BufferedStream(new HashingStream(hash, length => size += length), BufferSize))
            await LayerTar.Write(folder, prefix, buffer, ct);

        return new MeasuredLayer(folder, prefix, size, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    private static async Task Write(TarWriter writer, string name, byte[] content, CancellationToken ct) =>
        await writer.WriteEntryAsync(new UstarTarEntry(TarEntryType.RegularFile, name) { Mode = (UnixFileMode)0x1A4, DataStream = new MemoryStream(content) }, ct);

    /// <summary>The header of a plain file (POSIX ustar).</summary>
    internal static byte[] Header(string name, long size)
    {
        var header = new byte[BlockSize];
        Encoding.ASCII.GetBytes(name, header);
        Octal(header.AsSpan(100, 7), 0x1A4); // 0644
        Octal(header.AsSpan(108, 7), 0);
        Octal(header.AsSpan(116, 7), 0);
        Octal(header.AsSpan(124, 11), size);
        Octal(header.AsSpan(136, 11), 0);
        header[156] = (byte)'0';
        "ustar\000"u8.CopyTo(header.AsSpan(257));
        "00"u8.CopyTo(header.AsSpan(263));
        // The sum counts its own field as blanks.
        header.AsSpan(148, 8).Fill((byte)' ');
        Octal(header.AsSpan(148, 6), header.Sum(b => (long)b));
        header[154] = 0;
        return header;
    }

    private static void Octal(Span<byte> field, long value)
    {
        for (var i = field.Length - 1; i >= 0; i--, value >>= 3)
            field[i] = (byte)('0' + (value & 7));
    }

    private sealed record MeasuredLayer(string Folder, string Prefix, long Size, string Hash)
    {
        public string FileName => Hash + ".tar";
        public string DiffId => "sha256:" + Hash;
    }
}
