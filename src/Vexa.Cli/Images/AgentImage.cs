using System.CommandLine;
using Spectre.Console;
using Vexa.Cli.Commands;
using Vexa.Cli.Rootless;
using Vexa.Cli.Stack;
using Vexa.Control.Runners;
using Vexa.Runtime.Images;

namespace Vexa.Cli.Images;

/// <summary><c>vexa image build</c>: the file system that agents run in, built once and again only where its inputs changed.</summary>
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
        return new Command("image", "Build the image that agents run in.") { build };
    }

    /// <summary>Builds with progress; done at once where nothing changed.</summary>
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
            return await builder.Build(progress, ct);
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

[System.Text.Json.Serialization.JsonSourceGenerationOptions(PropertyNamingPolicy = System.Text.Json.Serialization.JsonKnownNamingPolicy.SnakeCaseLower)]
[System.Text.Json.Serialization.JsonSerializable(typeof(ImageReport))]
internal sealed partial class ImageJson : System.Text.Json.Serialization.JsonSerializerContext;
