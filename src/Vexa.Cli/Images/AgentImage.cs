using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using Vexa.Cli.Commands;
using Vexa.Cli.Roles;
using Vexa.Cli.Rootless;
using Vexa.Cli.Stack;
using Vexa.Control.Runners;
using Vexa.Runtime.Images;

namespace Vexa.Cli.Images;

/// <summary><c>vexa image</c>: the file system that agents run in, built once and again only where its inputs changed.</summary>
internal static class AgentImage
{
    public static Command Create()
    {
        var build = new Command("build", "Build what is missing or changed.") { Terminal.JsonOption() };
        build.SetAction(async (parsed, ct) =>
        {
            var terminal = Terminal.Of(parsed);
            var image = await Build(StackOptions.FromEnvironment(), terminal, ct);
            terminal.Result(new ImageReport(Ok: true, image.Name, image.Digest), ImageJson.Default.ImageReport);
            terminal.Line($"Image {image.Name} is ready: {image.Digest}");
            return ExitCodes.Ok;
        });
        return new Command("image", "Build, list and remove the images that agents run in.") { build, List(), Remove() };
    }

    private static Command List()
    {
        var list = new Command("list", "The images of this machine.") { Terminal.JsonOption() };
        list.SetAction((parsed, _) =>
        {
            var terminal = Terminal.Of(parsed);
            using var images = new NodeImages(RoleEntryPoints.RuntimeOf(StackOptions.FromEnvironment()), TimeProvider.System);
            var all = images.List();
            terminal.Result(new ImageList(Ok: true, [.. all.Select(ImageEntry.Of)]), ImageJson.Default.ImageList);
            foreach (var one in all)
                terminal.Line(string.Create(CultureInfo.InvariantCulture,
                    $"{one.Image.Name,-12} {one.Image.Digest["sha256:".Length..][..12]}  {one.Image.BuiltAt:yyyy-MM-dd HH:mm}  {one.Bytes >> 20,6} MiB{Suffix(one)}"));
            if (all.Count == 0)
                terminal.Advise("None yet. Build it: vexa image build");
            return Task.FromResult(ExitCodes.Ok);
        });
        return list;

        static string Suffix(ImageOnNode one) =>
            (one.EngineCopies.Count > 0 ? $"  in Docker: {string.Join(", ", one.EngineCopies)}" : "") + (one.UsedBy.Count > 0 ? $"  used by {one.UsedBy.Count}" : "");
    }

    private static Command Remove()
    {
        var name = new Argument<string>("name") { Description = "As vexa image list shows it." };
        var remove = new Command("rm", "Remove an image and its copies in Docker; refused while a container uses it.") { name, Terminal.JsonOption() };
        remove.SetAction(async (parsed, ct) =>
        {
            var terminal = Terminal.Of(parsed);
            var image = parsed.GetRequiredValue(name);
            using var images = new NodeImages(RoleEntryPoints.RuntimeOf(StackOptions.FromEnvironment()), TimeProvider.System);
            await images.Remove(image, ct);
            terminal.Result(new ImageRemoved(Ok: true, image), ImageJson.Default.ImageRemoved);
            terminal.Line($"Image {image} is removed.");
            return ExitCodes.Ok;
        });
        return remove;
    }

    /// <summary>Builds with progress, and loads it where an engine runs the containers; done at once where nothing changed.</summary>
    public static async Task<ImageRecord> Build(StackOptions options, Terminal terminal, CancellationToken ct)
    {
        RootlessEntry.Require(options);
        var builder = new ImageBuilder(new ImageSources
        {
            ImagesFolder = options.ImagesFolder,
            Definition = ShippedFiles.AgentImage,
            Runners = [.. RunnerCatalog.Load(ShippedFiles.RunnersFolders(options)).All],
            WorkerFolder = ShippedFiles.Worker,
        }, TimeProvider.System);
        return await terminal.Progress.Status().Spinner(Spinner.Known.Dots).StartAsync("Checking the agent image", async status =>
        {
            var progress = new Report(update => status.Status($"Agent image, {update.Step}: {Short(update.Line)}".EscapeMarkup()));
            var image = await builder.Build(progress, ct);
            using var images = new NodeImages(RoleEntryPoints.RuntimeOf(options), TimeProvider.System);
            await images.Provide(image.Name, progress, ct);
            return image;
        });
    }

    /// <summary>Builds where there is no image yet.</summary>
    public static Task Ensure(StackOptions options, Terminal terminal, CancellationToken ct) =>
        File.Exists(Path.Combine(options.ImagesFolder, "agent", "image.json")) ? Task.CompletedTask : Build(options, terminal, ct);

    private static string Short(string line) => line.Length > 60 ? line[..59] + "…" : line;

    // Progress<T> would post to the pool, out of order.
    private sealed class Report(Action<ImageProgress> tell) : IProgress<ImageProgress>
    {
        void IProgress<ImageProgress>.Report(ImageProgress value) => tell(value);
    }
}

/// <summary>What <c>vexa image build --json</c> prints.</summary>
internal sealed record ImageReport(bool Ok, string Image, string Digest);

/// <summary>What <c>vexa image list --json</c> prints.</summary>
internal sealed record ImageList(bool Ok, IReadOnlyList<ImageEntry> Images);

internal sealed record ImageEntry(string Name, string Digest, DateTimeOffset BuiltAt, long Bytes, IReadOnlyList<string> EngineCopies, IReadOnlyList<string> UsedBy)
{
    public static ImageEntry Of(ImageOnNode one) => new(one.Image.Name, one.Image.Digest, one.Image.BuiltAt, one.Bytes, one.EngineCopies, one.UsedBy);
}

/// <summary>What <c>vexa image rm --json</c> prints.</summary>
internal sealed record ImageRemoved(bool Ok, string Image);

[System.Text.Json.Serialization.JsonSourceGenerationOptions(PropertyNamingPolicy = System.Text.Json.Serialization.JsonKnownNamingPolicy.SnakeCaseLower)]
[System.Text.Json.Serialization.JsonSerializable(typeof(ImageReport))]
[System.Text.Json.Serialization.JsonSerializable(typeof(ImageList))]
[System.Text.Json.Serialization.JsonSerializable(typeof(ImageRemoved))]
internal sealed partial class ImageJson : System.Text.Json.Serialization.JsonSerializerContext;
