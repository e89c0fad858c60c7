namespace Vexa.Workspaces;

/// <summary>The times of a writer lease; each leaves room for the next.</summary>
internal sealed record LeaseTimes
{
    public static LeaseTimes Usual { get; } = new();

    /// <summary>From the beginning of the renewal that gave it.</summary>
    public TimeSpan Lasts { get; init; } = TimeSpan.FromSeconds(20);

    public TimeSpan RenewEvery { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Before its end every request is broken off, so that the server is done with it when the next holder begins.</summary>
    public TimeSpan Margin { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>What must be left before the margin for a put to begin.</summary>
    public TimeSpan LeastLeft { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>How long a claim is left alone before it counts. A claim is put in less, so of two only one finds its own.</summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>A claim that stays the same for so long has no holder any more.</summary>
    public TimeSpan DeadAfter => Lasts + Margin;

    /// <summary>How long a start waits for a lease that may be a dead process's.</summary>
    public TimeSpan Patience => DeadAfter + Settle + Lasts;
}
