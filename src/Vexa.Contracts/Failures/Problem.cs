namespace Vexa.Contracts;

/// <summary>The body of every refused HTTP request: RFC 9457 problem details with our rule and its mend.</summary>
[Contract("api.v1")]
public sealed record Problem
{
    /// <summary>Stable: <c>urn:vexa:problem:&lt;rule&gt;</c>.</summary>
    public required string Type { get; init; }
    public required string Title { get; init; }
    public required int Status { get; init; }
    public required string Rule { get; init; }
    public required string Hint { get; init; }
    public required Stage Stage { get; init; }
    public required Party Party { get; init; }
    /// <summary>The place of the fault in the body that was sent, as a JSON pointer (RFC 6901); absent where the fault is not in the body.</summary>
    public string? Pointer { get; init; }

    public const string MediaType = "application/problem+json";

    public static Problem From(VexaException failure, int status) => new()
    {
        Type = $"urn:vexa:problem:{failure.Rule}",
        Title = failure.Message,
        Status = status,
        Rule = failure.Rule,
        Hint = failure.Hint,
        Stage = failure.Stage,
        Party = failure.Party,
        Pointer = failure.Pointer,
    };

    /// <summary>The failure again, on the side that received the problem.</summary>
    /// <param name="retryAfter">What the answer's header of that name said.</param>
    public VexaException ToException(TimeSpan? retryAfter = null) => new(Stage, Party, Rule, Title, Hint) { Status = Status, Pointer = Pointer, RetryAfter = retryAfter };
}
