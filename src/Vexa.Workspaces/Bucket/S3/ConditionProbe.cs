using System.Net;
using System.Text;
using Amazon.Runtime;
using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>Finds out what a server does with the conditions of a put. There are real ones that accept them all, and write anyway.</summary>
internal static class ConditionProbe
{
    private const string Folder = ".probe/";
    private const string NobodysETag = "d41d8cd98f00b204e9800998ecf8427e";
    private static readonly TimeSpan Forgotten = TimeSpan.FromHours(1);

    /// <summary>Tries them on an object of its own, which is gone afterwards.</summary>
    /// <exception cref="VexaException">The bucket cannot be read or written.</exception>
    public static async Task<ConditionSupport> Run(S3Objects objects, TimeProvider time, CancellationToken ct)
    {
        foreach (var (key, changed) in await objects.List(Folder, ct))
            if (time.GetUtcNow() - changed > Forgotten)
                await objects.Delete(key, ct);

        var probe = Folder + Guid.NewGuid().ToString("N");
        try
        {
            var found = await Ask(objects, probe, ct);
            objects.Conditions = found;
            return found;
        }
        finally
        {
            await objects.Delete(probe, CancellationToken.None);
        }
    }

    private static async Task<ConditionSupport> Ask(S3Objects objects, string probe, CancellationToken ct)
    {
        await Put(objects, probe, "there", PutCondition.None, ct);
        if (await Obeys(objects, probe, PutCondition.CreateOnly, holds: false, ct) is false)
            return ConditionSupport.None;

        foreach (var isQuoted in (bool[])[true, false])
        {
            objects.Conditions = ConditionSupport.Whole with { IsQuoted = isQuoted };
            if (!await Obeys(objects, probe, PutCondition.IfMatch(NobodysETag), holds: false, ct))
                return ConditionSupport.None;
            if (await objects.Get(probe, ct) is { } there && await Obeys(objects, probe, PutCondition.IfMatch(there.ETag), holds: true, ct))
                return objects.Conditions with { OnParts = await ObeysOnParts(objects, probe, ct) };
        }

        return ConditionSupport.None;
    }

    private static async Task<bool> Obeys(S3Objects objects, string probe, PutCondition condition, bool holds, CancellationToken ct)
    {
        try
        {
            return await Put(objects, probe, $"{holds}", condition, ct) is not null == holds;
        }
        catch (VexaException refused) when (IsUnknownToServer(refused))
        {
            return false;
        }
    }

    private static async Task<bool> ObeysOnParts(S3Objects objects, string probe, CancellationToken ct)
    {
        using var part = new PartBuffer(1);
        using var content = new MemoryStream("p"u8.ToArray());
        await part.Fill(content, ct);
        try
        {
            return await objects.PutParts(probe, part, content, PutCondition.CreateOnly, ct) is null;
        }
        catch (VexaException refused) when (IsUnknownToServer(refused))
        {
            return false;
        }
    }

    private static async Task<string?> Put(S3Objects objects, string probe, string text, PutCondition condition, CancellationToken ct)
    {
        using var content = new MemoryStream(Encoding.ASCII.GetBytes(text));
        return await objects.Put(probe, content, condition, ct);
    }

    private static bool IsUnknownToServer(VexaException refused) =>
        refused.InnerException is AmazonServiceException { StatusCode: HttpStatusCode.NotImplemented or HttpStatusCode.BadRequest or HttpStatusCode.MethodNotAllowed };
}
