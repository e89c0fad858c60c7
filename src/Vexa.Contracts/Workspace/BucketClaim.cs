namespace Vexa.Contracts;

/// <summary>The object <c>.lease/claim</c> of an S3 bucket whose server ignores conditions: who writes to it. It lies in clear.</summary>
[Contract("record.v1")]
public sealed record BucketClaim
{
    /// <summary>A process, by a name that it made up at its start.</summary>
    public required string Holder { get; init; }
    /// <summary>What its rivals share with it; the lease in there decides among them.</summary>
    public required string Domain { get; init; }
    /// <summary>For people: the machine that it runs on.</summary>
    public required string Host { get; init; }
    /// <summary>Of its lease.</summary>
    public required long Fence { get; init; }
    /// <summary>One more at each renewal: a claim whose number stands still has no holder any more.</summary>
    public required long Beat { get; init; }
    /// <summary>The holder has ended in good order.</summary>
    public bool Released { get; init; }
}
