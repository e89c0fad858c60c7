using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>The settings of a bucket: where it is, and how the S3 server is reached where it is on one.</summary>
public sealed record BucketSettings(BucketAddress Address, S3Options S3)
{
    /// <summary>Variables that <see cref="From"/> reads; some hold secrets.</summary>
    public static IReadOnlyList<string> Variables { get; } = ["VEXA_BUCKET", .. S3Options.Variables];

    /// <summary>A bucket in a folder.</summary>
    public static BucketSettings OfFolder(string folder) => new(BucketAddress.OfFolder(folder), new S3Options());

    /// <param name="variable">Value of an environment variable; null where it is not set.</param>
    /// <param name="folder">The bucket where <c>VEXA_BUCKET</c> names none.</param>
    /// <param name="faults">Gets what is wrong with them, by variable.</param>
    public static BucketSettings From(Func<string, string?> variable, string folder, ICollection<string> faults)
    {
        var s3 = S3Options.From(variable, faults);
        var address = BucketAddress.OfFolder(folder);
        if (variable("VEXA_BUCKET") is { } text)
        {
            if (BucketAddress.TryParse(text) is { } given)
                address = given;
            else
                faults.Add($"VEXA_BUCKET is not an absolute folder or s3://bucket[/prefix]: {text}");
        }

        if (address.Name is not null && s3.AccessKey is null)
            faults.Add("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are missing, which the bucket in VEXA_BUCKET needs");
        return new BucketSettings(address, s3);
    }

    /// <summary>Another bucket, on the same S3 server where it is on one: the target of a backup.</summary>
    /// <exception cref="VexaException">400 <c>bucket-address</c>.</exception>
    public BucketSettings At(string address) => this with
    {
        Address = BucketAddress.TryParse(address) ?? throw new VexaException(Stage.Request, Party.Caller, "bucket-address",
            $"This is no bucket: {address}", "Name an absolute folder, or s3://bucket[/prefix].")
        { Status = 400 },
    };

    /// <summary>The variables again, secrets included: for the one process that opens the bucket.</summary>
    public IEnumerable<KeyValuePair<string, string>> Reveal() => [new("VEXA_BUCKET", Address.ToString()), .. Address.Name is null ? [] : S3.Reveal()];
}
