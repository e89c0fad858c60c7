using Vexa.Cli.Stack;
using Vexa.Contracts;
using Vexa.Workspaces;

namespace Vexa.Cli.Setup;

/// <summary>Where everything durable lies, and the key that opens it. No object is made or changed.</summary>
internal static class BucketChecks
{
    private const string Bucket = "bucket";
    private const string Key = "key";

    public static async Task<IReadOnlyList<Finding>> Run(StackOptions options, TimeProvider time, CancellationToken ct)
    {
        if (options.Bucket.Address.Folder is { } folder && !Directory.Exists(folder))
            return [Finding.Ok(Bucket, $"{folder}, made at the first start"), await Opens(options, null, time, ct)];

        try
        {
            await using var opened = await OpenedBucket.OpenToLook(options.Bucket, time, ct);
            return [Writes(options.Bucket.Address, opened.IsLeased), await Opens(options, opened.Bucket, time, ct)];
        }
        catch (VexaException fault)
        {
            return [Finding.Wrong(Bucket, fault.Message, fault.Hint)];
        }
    }

    // Opening it has tried it.
    private static Finding Writes(BucketAddress address, bool isLeased) => isLeased
        ? Finding.Warn(Bucket, $"{address}: no conditional writes", "one process writes to it, under a lease; what that cannot give is in docs/buckets.md")
        : Finding.Ok(Bucket, address.ToString());

    private static async Task<Finding> Opens(StackOptions options, IBucket? bucket, TimeProvider time, CancellationToken ct)
    {
        var file = options.PassphraseFile ?? options.KeyFile;
        try
        {
            if (bucket is not null && await SealedBucket.FindKey(bucket, options.Sealing, time, ct) is { } key)
                return Finding.Ok(Key, $"{key} opens the bucket");

            return File.Exists(file) || options.PassphraseFile is null
                ? Finding.Ok(Key, $"{file}, {(File.Exists(file) ? "not used yet" : "made at the first start")}")
                : Finding.Wrong(Key, $"{file} is not there", "write the passphrase into it, with mode 600, or unset VEXA_PASSPHRASE_FILE");
        }
        catch (VexaException fault)
        {
            return Finding.Wrong(Key, fault.Message, fault.Hint);
        }
    }
}
