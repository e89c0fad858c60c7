namespace Vexa.Contracts;

/// <summary>
/// What the worker is told at its start, in the environment variable <see cref="Variable"/>. Nothing in it is secret: whatever the
/// agent may not know is not in the container.
/// </summary>
[Contract("worker.v1")]
public sealed record WorkerOrder
{
    public const string Variable = "VEXA_ORDER";

    public required DispatchId Dispatch { get; init; }
    public required SubjectId Subject { get; init; }
    public required Launcher Launcher { get; init; }
    public required AgentRunner Runner { get; init; }
    public required IReadOnlyList<WorkloadMount> Mounts { get; init; }
    /// <summary>The CLI's own session id, where an earlier session goes on.</summary>
    public string? Session { get; init; }
    public required int IdleSeconds { get; init; }
}
