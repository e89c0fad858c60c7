using System.Formats.Tar;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Vexa.Runtime.Docker;
using Vexa.Runtime.Images;
using Vexa.Tests.Workspaces;

namespace Vexa.Tests.Runtime;

public sealed class ImageArchiveTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_layer_keeps_modes_owners_and_links()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory($"{folder.Path}/bin");
        File.WriteAllText($"{folder.Path}/bin/tool", "#!/bin/sh\n");
        File.SetUnixFileMode($"{folder.Path}/bin/tool", (UnixFileMode)0x1ED); // 0755
        Assert.Equal(0, link($"{folder.Path}/bin/tool", $"{folder.Path}/bin/twin"));
        File.CreateSymbolicLink($"{folder.Path}/bin/sh", "../../elsewhere/that is not there");
        File.CreateSymbolicLink($"{folder.Path}/library", "bin");
        var deep = string.Join('/', Enumerable.Repeat("node_modules", 14));
        Directory.CreateDirectory($"{folder.Path}/{deep}");
        File.WriteAllText($"{folder.Path}/{deep}/ünïcode file.js", "x");

        var entries = await Entries(folder.Path, "opt/vexa");

        Assert.Equal(
            ["opt/vexa/", "opt/vexa/bin/", "opt/vexa/bin/sh -> ../../elsewhere/that is not there", "opt/vexa/bin/tool", "opt/vexa/bin/twin == opt/vexa/bin/tool", "opt/vexa/library -> bin"],
            entries.Where(e => !e.Name.Contains("node_modules", StringComparison.Ordinal)).Select(e => e.EntryType switch
            {
                TarEntryType.SymbolicLink => $"{e.Name} -> {e.LinkName}",
                TarEntryType.HardLink => $"{e.Name} == {e.LinkName}",
                _ => e.Name,
            }));
        Assert.Contains(entries, e => e.Name == $"opt/vexa/{deep}/ünïcode file.js");
        Assert.Equal((UnixFileMode)0x1ED, entries.Single(e => e.Name == "opt/vexa/bin/tool").Mode);
        Assert.All(entries, e => Assert.Equal((int)geteuid(), e.Uid));
    }

    [Fact]
    public async Task What_is_no_file_folder_or_link_is_left_out()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(0, mkfifo($"{folder.Path}/fifo", 0x180));
        File.WriteAllText($"{folder.Path}/file", "");
        Assert.Equal(["file"], (await Entries(folder.Path, "")).Select(e => e.Name));
    }

    /// <summary>Read back by another implementation than the one that wrote the header by hand.</summary>
    [Fact]
    public async Task The_archive_holds_what_its_manifest_and_its_hashes_say()
    {
        using var first = new TemporaryFolder();
        using var second = new TemporaryFolder();
        File.WriteAllBytes($"{first.Path}/large", new byte[1_500_000]);
        File.WriteAllText($"{second.Path}/small", "small");
        var told = 0L;
        var archive = await ImageArchive.Of(new ImageLayers("agent", "sha256:00", first.Path, Runners: null, second.Path), "vexa-agent:0123", new Dictionary<string, string> { ["vexa.image"] = "agent" }, Ct);
        using var bytes = new MemoryStream();
        await archive.Write(bytes, written => told = written, Ct);

        var files = new Dictionary<string, byte[]>();
        bytes.Position = 0;
        await using var reader = new TarReader(bytes);
        while (await reader.GetNextEntryAsync(copyData: true, Ct) is { } entry)
            files.Add(entry.Name, ((MemoryStream)entry.DataStream!).ToArray());

        using var manifest = JsonDocument.Parse(files["manifest.json"]);
        var image = manifest.RootElement[0];
        Assert.Equal("vexa-agent:0123", image.GetProperty("RepoTags")[0].GetString());
        var configName = image.GetProperty("Config").GetString()!;
        Assert.Equal(configName, Convert.ToHexStringLower(SHA256.HashData(files[configName])) + ".json");
        using var config = JsonDocument.Parse(files[configName]);
        Assert.Equal("agent", config.RootElement.GetProperty("config").GetProperty("Labels").GetProperty("vexa.image").GetString());
        var layers = image.GetProperty("Layers").EnumerateArray().Select(l => files[l.GetString()!]).ToList();
        Assert.Equal(config.RootElement.GetProperty("rootfs").GetProperty("diff_ids").EnumerateArray().Select(id => id.GetString()),
            layers.Select(l => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(l))));
        Assert.Equal(archive.Size, layers.Sum(l => (long)l.Length));
        Assert.InRange(told, archive.Size, archive.Size + 511);
        Assert.Equal("small", await ContentOf(layers[1], "opt/vexa/small"));
        Assert.Equal(4, files.Count);
    }

    [Fact]
    public async Task The_same_parts_are_the_same_image()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText($"{folder.Path}/file", "x");
        Assert.Equal(await Bytes(), await Bytes());

        async Task<string> Bytes()
        {
            var archive = await ImageArchive.Of(new ImageLayers("agent", "sha256:00", folder.Path, Runners: null, Worker: null), "vexa-agent:1", new Dictionary<string, string>(), Ct);
            using var bytes = new MemoryStream();
            await archive.Write(bytes, _ => { }, Ct);
            return Convert.ToHexString(SHA256.HashData(bytes.ToArray()));
        }
    }

    private static async Task<List<TarEntry>> Entries(string folder, string prefix)
    {
        using var bytes = new MemoryStream();
        await LayerTar.Write(folder, prefix, bytes, Ct);
        bytes.Position = 0;
        await using var reader = new TarReader(bytes);
        var entries = new List<TarEntry>();
        while (await reader.GetNextEntryAsync(copyData: true, Ct) is { } entry)
            entries.Add(entry);

        return entries;
    }

    private static async Task<string?> ContentOf(byte[] layer, string name)
    {
        await using var reader = new TarReader(new MemoryStream(layer));
        while (await reader.GetNextEntryAsync(copyData: true, Ct) is { } entry)
            if (entry.Name == name)
                return Encoding.UTF8.GetString(((MemoryStream)entry.DataStream!).ToArray());

        return null;
    }

    [DllImport("libc", CharSet = CharSet.Ansi)]
    private static extern int link([MarshalAs(UnmanagedType.LPUTF8Str)] string from, [MarshalAs(UnmanagedType.LPUTF8Str)] string to);

    [DllImport("libc", CharSet = CharSet.Ansi)]
    private static extern int mkfifo([MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint mode);

    [DllImport("libc")]
    private static extern uint geteuid();
}
