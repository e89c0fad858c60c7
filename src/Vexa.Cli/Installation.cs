namespace Vexa.Cli;

/// <summary>Where the files lie that come with the program.</summary>
internal static class Installation
{
    /// <summary>The folder with runners/ and images/: the checkout, as the launcher tells, or beside the program.</summary>
    public static string Root { get; } = Environment.GetEnvironmentVariable("VEXA_HOME") is { Length: > 0 } home ? home : AppContext.BaseDirectory;

    public static string Runners => Path.Combine(Root, "runners");

    public static string AgentImage => Path.Combine(Root, "images", "agent", "image.json");

    /// <summary>The published worker that goes into the image.</summary>
    public static string Worker => Path.Combine(Root, "artifacts", "worker");
}
