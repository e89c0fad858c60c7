using System.Text.Json;
using System.Text.Json.Serialization;

namespace Vexa.Cli.Stack;

/// <summary>What the supervisor knows, kept in the data folder for <c>up</c>, <c>down</c> and <c>status</c>.</summary>
internal sealed record StackState
{
    public required ProcessStamp Supervisor { get; init; }
    public required StackPhase Phase { get; init; }
    public required string Address { get; init; }
    public required string RunFolder { get; init; }
    /// <summary><c>rehearsal</c>, or the address of the model endpoint.</summary>
    public required string Model { get; init; }
    /// <summary>What runs the containers and, by default, walls them off: <c>oci, runc</c>; empty in the state of an older build.</summary>
    public string Containers { get; init; } = "";
    public required DateTimeOffset StartedAt { get; init; }
    /// <summary>In the order in which they start.</summary>
    public required IReadOnlyList<RoleState> Roles { get; init; }
    /// <summary>Why the start failed.</summary>
    public StackFailure? Failure { get; init; }

    /// <summary>The state as last written, also by a supervisor that is gone; null where there is none that can be read.</summary>
    public static StackState? Read(StackOptions options)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(options.StateFile), StackJson.Default.StackState);
        }
        catch (Exception fault) when (fault is IOException or JsonException)
        {
            return null;
        }
    }

    /// <summary>The state of the stack that runs now; null where none does.</summary>
    public static StackState? ReadRunning(StackOptions options) => Read(options) is { } state && state.Supervisor.IsAlive ? state : null;

    public void Write(StackOptions options)
    {
        var next = options.StateFile + ".next";
        File.WriteAllBytes(next, JsonSerializer.SerializeToUtf8Bytes(this, StackJson.Default.StackState));
        File.Move(next, options.StateFile, overwrite: true);
    }
}

internal sealed record RoleState
{
    public required string Name { get; init; }
    public required RolePhase Phase { get; init; }
    public ProcessStamp? Process { get; init; }
    public int Restarts { get; init; }
    public string? LastExit { get; init; }
    /// <summary>How long it took to be healthy, the last time.</summary>
    public long? HealthyAfterMs { get; init; }
    public required DateTimeOffset Since { get; init; }
}

internal sealed record StackFailure(string Rule, string Message, string Hint);

[JsonConverter(typeof(JsonStringEnumConverter<StackPhase>))]
internal enum StackPhase
{
    [JsonStringEnumMemberName("starting")] Starting,
    [JsonStringEnumMemberName("running")] Running,
    [JsonStringEnumMemberName("stopping")] Stopping,
    [JsonStringEnumMemberName("failed")] Failed,
}

[JsonConverter(typeof(JsonStringEnumConverter<RolePhase>))]
internal enum RolePhase
{
    [JsonStringEnumMemberName("waiting")] Waiting,
    [JsonStringEnumMemberName("starting")] Starting,
    [JsonStringEnumMemberName("healthy")] Healthy,
    [JsonStringEnumMemberName("restarting")] Restarting,
    [JsonStringEnumMemberName("stopping")] Stopping,
    [JsonStringEnumMemberName("stopped")] Stopped,
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StackState))]
[JsonSerializable(typeof(UpReport))]
[JsonSerializable(typeof(DownReport))]
[JsonSerializable(typeof(StatusReport))]
[JsonSerializable(typeof(LogsReport))]
[JsonSerializable(typeof(LogLine))]
[JsonSerializable(typeof(RunOutput))]
internal sealed partial class StackJson : JsonSerializerContext;
