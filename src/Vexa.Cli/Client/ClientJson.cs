using System.Text.Json.Serialization;
using Vexa.Contracts;

namespace Vexa.Cli.Client;

/// <summary>What <c>vexa ask --json</c> prints: the turn, in one object.</summary>
internal sealed record AskResult
{
    public required bool Ok { get; init; }
    public required DispatchId Run { get; init; }
    public required SessionId Session { get; init; }
    public required TurnId Turn { get; init; }
    public string? Reply { get; init; }
    public string? Error { get; init; }
    public string? Hint { get; init; }
    public required IReadOnlyList<Commit> Commits { get; init; }
    public required int Events { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AskResult))]
[JsonSerializable(typeof(TokenRevoked))]
[JsonSerializable(typeof(WorkspaceCloned))]
[JsonSerializable(typeof(WorkspaceExported))]
[JsonSerializable(typeof(WorkspacesCollected))]
[JsonSerializable(typeof(string))]
internal sealed partial class ClientJson : JsonSerializerContext;
