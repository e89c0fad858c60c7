namespace Vexa.Worker;

/// <summary>
/// Where things are. Fixed in the image; the command line (chosen by whoever starts the container, never by the agent) can move them,
/// which is how the worker is run outside of a container.
/// </summary>
internal sealed record WorkerPaths
{
    public string Door { get; init; } = "/run/vexa/door.sock";
    public string Token { get; init; } = "/run/vexa/token/token";
    /// <summary>The agent's home, a tmpfs: keeps the state folders of CLIs.</summary>
    public string Home { get; init; } = "/home/agent";
    /// <summary>Where the image keeps the runners' commands; first in the agent's PATH.</summary>
    public string RunnerBin { get; init; } = "/opt/runners/bin";
    /// <summary>For bundles on their way out.</summary>
    public string Scratch { get; init; } = "/tmp";

    /// <summary>Reads the command line: pairs of an option and its value.</summary>
    /// <exception cref="VexaException">Rule <c>worker-order</c>.</exception>
    public static WorkerPaths From(string[] args)
    {
        var paths = new WorkerPaths();
        for (var i = 0; i < args.Length; i += 2)
        {
            var value = i + 1 < args.Length ? args[i + 1] : throw WorkerOptions.Bad($"{args[i]} lacks its value");
            paths = args[i] switch
            {
                "--door" => paths with { Door = value },
                "--token" => paths with { Token = value },
                "--home" => paths with { Home = value },
                "--bin" => paths with { RunnerBin = value },
                "--scratch" => paths with { Scratch = value },
                _ => throw WorkerOptions.Bad($"unknown option {args[i]}"),
            };
        }

        return paths;
    }
}
