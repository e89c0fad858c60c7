using System.Text.Json;

namespace Vexa.Worker;

/// <summary>
/// Where things are and what to do. The paths are fixed in the image; the command line (chosen by whoever starts the container, never
/// by the agent) can move them, which is how the worker is run outside of a container.
/// </summary>
internal sealed record WorkerOptions
{
    public required WorkerOrder Order { get; init; }
    public string DoorSocket { get; init; } = "/run/vexa/door.sock";
    public string TokenFile { get; init; } = "/run/vexa/token/token";
    /// <summary>The agent's home, a tmpfs: keeps the state folders of CLIs.</summary>
    public string Home { get; init; } = "/home/agent";
    /// <summary>Where the image keeps the runners' commands; first in the agent's PATH.</summary>
    public string RunnerBin { get; init; } = "/opt/runners/bin";
    /// <summary>For bundles on their way out.</summary>
    public string Scratch { get; init; } = "/tmp";

    public string StateFolder => Path.Combine(Home, ".state", Order.Runner.Name.Value);

    /// <summary>The mount that the agent works in and that keeps its session: the first writable one, else the first.</summary>
    public WorkloadMount? HomeMount => Order.Mounts.FirstOrDefault(mount => mount.Mode == AccessMode.Rw) ?? (Order.Mounts is [var first, ..] ? first : null);

    /// <summary>Reads the order and the command line.</summary>
    /// <exception cref="VexaException">Either cannot be understood: rule <c>worker-order</c>.</exception>
    public static WorkerOptions From(string[] args, string? order)
    {
        var options = new WorkerOptions { Order = ReadOrder(order) };
        for (var i = 0; i < args.Length; i += 2)
        {
            var value = i + 1 < args.Length ? args[i + 1] : throw Bad($"{args[i]} lacks its value");
            options = args[i] switch
            {
                "--door" => options with { DoorSocket = value },
                "--token" => options with { TokenFile = value },
                "--home" => options with { Home = value },
                "--bin" => options with { RunnerBin = value },
                "--scratch" => options with { Scratch = value },
                _ => throw Bad($"unknown option {args[i]}"),
            };
        }

        return options;
    }

    private static WorkerOrder ReadOrder(string? json)
    {
        try
        {
            return JsonSerializer.Deserialize(json ?? throw Bad($"{WorkerOrder.Variable} is not set"), VexaJson.Default.WorkerOrder)
                ?? throw Bad($"{WorkerOrder.Variable} is null");
        }
        catch (JsonException e)
        {
            throw Bad(e.Message);
        }
    }

    private static VexaException Bad(string why) => new(Stage.RuntimeStart, Party.Vexa, "worker-order",
        $"The worker was started wrongly: {why}.", "Build the worker and the control plane from the same version.");
}
