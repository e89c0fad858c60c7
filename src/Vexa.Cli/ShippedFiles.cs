using Vexa.Cli.Stack;

namespace Vexa.Cli;

/// <summary>Where the files lie that come with the program.</summary>
internal static class ShippedFiles
{
    /// <summary>The folder with runners/ and images/: the checkout, as the launcher tells, or beside the program.</summary>
    public static string Root { get; } = Environment.GetEnvironmentVariable("VEXA_HOME") is { Length: > 0 } home ? home : AppContext.BaseDirectory;

    /// <summary>Where runner definitions lie: those that are shipped, then the installation's own, which win.</summary>
    public static IReadOnlyList<string> RunnersFolders(StackOptions options) => [Path.Combine(Root, "runners"), Path.Combine(options.DataFolder, "runners")];

    public static string AgentImage => Path.Combine(Root, "images", "agent", "image.json");

    /// <summary>The published worker that goes into the image.</summary>
    public static string Worker => Path.Combine(Root, "artifacts", "worker");
}
