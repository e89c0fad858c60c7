using System.Text.Json.Serialization;

namespace Vexa.Cli.Attack;

/// <summary>How an attack, or its control, ended.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Outcome>))]
internal enum Outcome
{
    /// <summary>The attacker was refused.</summary>
    [JsonStringEnumMemberName("refused")] Refused,
    /// <summary>He got what he must not.</summary>
    [JsonStringEnumMemberName("succeeded")] Succeeded,
    /// <summary>Nobody can say. A failure of the suite: what did not run to its end has shown nothing.</summary>
    [JsonStringEnumMemberName("inconclusive")] Inconclusive,
}

internal static class Verdict
{
    /// <summary>From what the script told. Where the node saw what no script can know, that counts; but never for the better of a success.</summary>
    public static (Outcome Outcome, string What) Of(TryOut? run)
    {
        if (run is { Seen: { } seen, End: "1" or "lost" })
            return seen;

        return run switch
        {
            null => (Outcome.Inconclusive, "it did not run"),
            { End: "0" } => (Outcome.Succeeded, run.Said),
            { End: "1" } => (Outcome.Refused, run.Said),
            { End: "2" } => (Outcome.Inconclusive, run.Said),
            { End: "timeout" } => (Outcome.Inconclusive, $"it took too long; last it said: {run.Said}"),
            { End: "lost" } => (Outcome.Inconclusive, $"its container ended before it did: {run.Said}"),
            _ => (Outcome.Inconclusive, $"it ended with {run.End}: {run.Said}"),
        };
    }
}
