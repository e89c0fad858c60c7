using System.Text.Json;
using Vexa.Contracts;
using Vexa.Schemas;

namespace Vexa.Workspaces;

/// <summary>
/// The object that says in the bucket itself who writes to it: the only thing that two installations have in common which share a bucket and
/// nothing else.
/// </summary>
internal sealed class Claim(S3Objects objects)
{
    public const string Key = ".lease/claim";

    /// <exception cref="VexaException"><c>object-damaged</c>, or what the bucket throws.</exception>
    public async Task<BucketClaim?> Read(CancellationToken ct)
    {
        try
        {
            return await objects.Get(Key, ct) is { } found ? Contract.Read(found.Content.Span, VexaJson.Default.BucketClaim) : null;
        }
        catch (JsonException)
        {
            throw new VexaException(Stage.Record, Party.Operator, "object-damaged", $"The object {Key} in the bucket is no claim.", "Stop every vexa that uses the bucket, then remove the object.") { Status = 500 };
        }
    }

    public async Task Write(BucketClaim claim, CancellationToken ct)
    {
        using var content = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(claim, VexaJson.Default.BucketClaim));
        await objects.Put(Key, content, PutCondition.None, ct);
    }
}
