namespace Vexa.Cli.Stack;

/// <summary>A process that the supervisor keeps alive.</summary>
internal sealed record RoleSpec
{
    public required string Name { get; init; }
    public required IReadOnlyList<string> Command { get; init; }
    /// <summary>Its whole environment: nothing is inherited.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }
    public required HealthCheck Health { get; init; }
    /// <summary>How long it may take to stop before it is killed.</summary>
    public required TimeSpan StopWithin { get; init; }
    /// <summary>Stopped before all others, whenever it was started: what it ends has last words for them.</summary>
    public bool StopsFirst { get; init; }
}
