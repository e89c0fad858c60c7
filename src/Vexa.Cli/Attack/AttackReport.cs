using System.Text.Json.Serialization;

namespace Vexa.Cli.Attack;

/// <summary>What <c>vexa attack --json</c> prints.</summary>
internal sealed record AttackReport(bool Ok, IReadOnlyList<TargetReport> Targets);

internal sealed record TargetReport
{
    public required string On { get; init; }
    /// <summary>Why nothing was tried on it; absent where it was.</summary>
    public string? Skipped { get; init; }
    public IReadOnlyList<AttackResult> Attacks { get; init; } = [];
    /// <summary>What was looked at on the node: the victim, canaries, leftovers.</summary>
    public IReadOnlyList<NodeCheck> Checks { get; init; } = [];
    public double Seconds { get; init; }

    [JsonInclude]
    public bool Ok => Attacks.All(attack => attack.Ok) && Checks.All(check => check.Ok);

    public int Succeeded => Attacks.Count(attack => attack.Outcome == Outcome.Succeeded);
    public int Inconclusive => Attacks.Count(attack => attack.Outcome == Outcome.Inconclusive);
    public int Toothless => Attacks.Count(attack => attack.Control is { Bites: false });
}

internal sealed record AttackResult
{
    public required string Id { get; init; }
    public required string Title { get; init; }
    public required string Expected { get; init; }
    /// <summary>Absent where it has no meaning on this isolation kind.</summary>
    public Outcome? Outcome { get; init; }
    public required string Happened { get; init; }
    public int Milliseconds { get; init; }
    /// <summary>Absent where controls were not asked for.</summary>
    public ControlResult? Control { get; init; }

    public bool Ok => Outcome is null or Attack.Outcome.Refused && Control is not { Bites: false };
}

/// <param name="With">The weaknesses, or <c>honest</c>.</param>
internal sealed record ControlResult(string With, bool Bites, string Happened);

internal sealed record NodeCheck(string Name, bool Ok, string What);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(AttackReport))]
[JsonSerializable(typeof(IReadOnlyList<AttackListing>))]
internal sealed partial class AttackJson : JsonSerializerContext;

/// <summary>What <c>vexa attack --list --json</c> prints of each.</summary>
internal sealed record AttackListing(string Id, string Title, string Expected, IReadOnlyList<string> Control);
