using Vexa.IntegrationTests.Drivers;
using Vexa.IntegrationTests.Runtime;
using Vexa.Runtime;
using Vexa.Runtime.Docker;
using Vexa.Runtime.Images;

namespace Vexa.IntegrationTests.Docker;

/// <summary>Images as whoever runs a node sees them, with their copies in an engine.</summary>
[Collection("runtime")]
public sealed class NodeImageTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vexa-test-").FullName;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task An_image_is_provided_listed_superseded_and_removed_with_its_copies()
    {
        var docker = await SharedDocker.Get();
        var first = Build("first");
        using var images = new NodeImages(Options(docker), TimeProvider.System);
        var progress = new List<string>();
        await images.Provide("small", new Told(progress), Ct);
        var one = Assert.Single(images.List());
        Assert.Equal((first, "vexa-small:" + first["sha256:".Length..][..12]), (one.Image.Digest, Assert.Single(one.EngineCopies)));
        Assert.Empty(one.UsedBy);
        Assert.InRange(one.Bytes, 5, 10_000);
        Assert.Contains("done", progress);
        Assert.NotNull(await docker.Engine.Images.Find(one.EngineCopies[0], Ct));

        var second = Build("second");
        await images.Provide("small", progress: null, Ct);
        var copies = Assert.Single(images.List()).EngineCopies;
        Assert.Equal(["vexa-small:" + second["sha256:".Length..][..12]], copies);
        Assert.NotNull(await docker.Engine.Images.Find(copies[0], Ct));
        Assert.Null(await docker.Engine.Images.Find(one.EngineCopies[0], Ct));

        await images.Remove("small", Ct);
        Assert.Empty(images.List());
        Assert.Null(await docker.Engine.Images.Find(copies[0], Ct));
        Assert.False(Directory.Exists($"{_folder}/images/small"));
        Assert.Equal("image-missing", (await Assert.ThrowsAsync<VexaException>(() => images.Remove("small", Ct))).Rule);
    }

    [Fact]
    public async Task An_image_that_a_container_runs_on_is_not_removed()
    {
        var docker = await SharedDocker.Get();
        await using var node = await TestNode.Start();
        var spec = node.Spec("sleep 1000");
        await node.Create(spec);
        using var images = new NodeImages(node.Options with { DockerHost = docker.Address }, TimeProvider.System);
        Assert.Equal([spec.Id.Value], Assert.Single(images.List()).UsedBy);
        var refused = await Assert.ThrowsAsync<VexaException>(() => images.Remove("agent", Ct));
        Assert.Equal("image-used", refused.Rule);
        Assert.Contains(spec.Id.Value, refused.Message, StringComparison.Ordinal);
        await node.Stop(spec.Id);
        Assert.Empty(Assert.Single(images.List()).UsedBy);
    }

    [Fact]
    public async Task A_damaged_record_hides_no_image_and_lets_none_be_removed_under_it()
    {
        Build("only");
        var options = new RuntimeOptions { RunFolder = $"{_folder}/run", ImagesFolder = $"{_folder}/images", DockerHost = $"unix://{_folder}/nobody.sock" };
        foreach (var (id, spec) in new[] { ("damaged", "{\"id\":\"dam"), ("cut-short", null) })
        {
            Directory.CreateDirectory($"{_folder}/run/workloads/{id}");
            if (spec is not null)
                await File.WriteAllTextAsync($"{_folder}/run/workloads/{id}/spec.json", spec, Ct);
        }

        using var images = new NodeImages(options, TimeProvider.System);
        Assert.Equal(["damaged"], Assert.Single(images.List()).UsedBy);
        Assert.Equal("image-used", (await Assert.ThrowsAsync<VexaException>(() => images.Remove("small", Ct))).Rule);

        Directory.Delete($"{_folder}/run/workloads/damaged", recursive: true);
        await images.Remove("small", Ct);
        Assert.Empty(images.List());
    }

    [Fact]
    public async Task Without_the_engine_that_has_a_copy_nothing_is_removed()
    {
        var docker = await SharedDocker.Get();
        Build("only");
        using (var images = new NodeImages(Options(docker), TimeProvider.System))
            await images.Provide("small", progress: null, Ct);
        using (var images = new NodeImages(Options(docker) with { DockerHost = $"unix://{_folder}/nobody.sock" }, TimeProvider.System))
        {
            Assert.Equal("engine-unavailable", (await Assert.ThrowsAsync<VexaException>(() => images.Remove("small", Ct))).Rule);
            Assert.Single(images.List());
        }

        using (var images = new NodeImages(Options(docker), TimeProvider.System))
            await images.Remove("small", Ct);
    }

    private RuntimeOptions Options(RunningDocker docker) => new() { RunFolder = $"{_folder}/run", ImagesFolder = $"{_folder}/images", Backend = "docker", DockerHost = docker.Address };

    // As the builder leaves it: complete layers, then the record.
    private string Build(string content)
    {
        var digest = $"sha256:{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(content)))}";
        var layer = Directory.CreateDirectory($"{_folder}/images/small/layers/base-{content}").FullName;
        File.WriteAllText($"{layer}/file", content);
        File.WriteAllText($"{_folder}/images/small/image.json", $$"""{"name":"small","digest":"{{digest}}","base":"base-{{content}}","built_at":"2026-01-02T03:04:05+00:00"}""");
        return digest;
    }

    private sealed class Told(List<string> lines) : IProgress<ImageProgress>
    {
        public void Report(ImageProgress value) => lines.Add(value.Line);
    }
}
