using System.Text.Json;

namespace Vexa.Worker;

/// <summary>What to do, and where.</summary>
internal sealed record WorkerOptions(WorkerOrder Order, WorkerPaths Paths)
{
    public string StateFolder => Path.Combine(Paths.Home, ".state", Order.Runner.Name.Value);

    /// <summary>The mount that the agent works in and that keeps its session: the first writable one, else the first.</summary>
    public WorkloadMount? HomeMount =>
        Order.Mounts.FirstOrDefault(mount => mount.Mode == AccessMode.Rw) ?? (Order.Mounts is [var first, ..] ? first : null);

    /// <summary>Reads the order.</summary>
    /// <exception cref="VexaException">It cannot be understood: rule <c>worker-order</c>.</exception>
    public static WorkerOptions From(WorkerPaths paths, string? order)
    {
        try
        {
            return new(JsonSerializer.Deserialize(order ?? throw Bad($"{WorkerOrder.Variable} is not set"), VexaJson.Default.WorkerOrder)
                ?? throw Bad($"{WorkerOrder.Variable} is null"), paths);
        }
        catch (JsonException e)
        {
            throw Bad(e.Message);
        }
    }

    public static VexaException Bad(string why) => new(Stage.RuntimeStart, Party.Vexa, "worker-order",
        $"The worker was started wrongly: {why}.", "Build the worker and the control plane from the same version.");
}
