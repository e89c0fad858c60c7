using System.Net;
using System.Security.Cryptography;
using System.Text;
using Amazon.Runtime;
using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>
/// Finds out what a server can do, on an object of its own. There are real ones that accept the conditions of a put, and write anyway; and
/// that lose all parts of an upload but one.
/// </summary>
internal static class S3Probe
{
    private const string Folder = ".probe/";
    private const string NobodysETag = "d41d8cd98f00b204e9800998ecf8427e";
    // The least that S3 takes as a part that another one follows.
    private const int Part = 5 * 1024 * 1024;
    private const int LastPart = 1024 * 1024;
    private static readonly TimeSpan Forgotten = TimeSpan.FromHours(1);

    /// <exception cref="VexaException">The bucket cannot be read or written.</exception>
    public static async Task<S3Support> Run(S3Objects objects, TimeProvider time, CancellationToken ct)
    {
        // Those of a process that died over it.
        foreach (var (key, changed) in await objects.List(Folder, ct))
            if (time.GetUtcNow() - changed > Forgotten)
                await objects.Delete(key, ct);

        var probe = Folder + Guid.NewGuid().ToString("N");
        try
        {
            await Put(objects, probe, "there", PutCondition.None, ct);
            // Who obeys conditions is no toy, and need not send megabytes at each start.
            return await Ask(objects, probe, ct) ?? new S3Support(Conditions: false, ConditionsOnParts: false, QuotedETags: true, Parts: await KeepsParts(objects, PartsOf(probe), ct));
        }
        finally
        {
            await objects.Delete(probe, CancellationToken.None);
            await objects.Delete(PartsOf(probe), CancellationToken.None);
        }
    }

    private static async Task<S3Support?> Ask(S3Objects objects, string probe, CancellationToken ct)
    {
        if (!await Obeys(objects, probe, PutCondition.CreateOnly, holds: false, ct))
            return null;

        foreach (var isQuoted in (bool[])[true, false])
        {
            objects.Support = S3Support.Whole with { QuotedETags = isQuoted };
            if (!await Obeys(objects, probe, PutCondition.IfMatch(NobodysETag), holds: false, ct))
                return null;
            if (await objects.Get(probe, ct) is { } there && await Obeys(objects, probe, PutCondition.IfMatch(there.ETag), holds: true, ct))
                return objects.Support with { ConditionsOnParts = await RefusesParts(objects, probe, PutCondition.CreateOnly, ct) && await RefusesParts(objects, probe, PutCondition.IfMatch(NobodysETag), ct) };
        }

        return null;
    }

    private static async Task<bool> KeepsParts(S3Objects objects, string probe, CancellationToken ct)
    {
        var content = RandomNumberGenerator.GetBytes(Part + LastPart);
        using var source = new MemoryStream(content);
        using var part = new PartBuffer(Part);
        await part.Fill(source, ct);
        try
        {
            await objects.PutParts(probe, part, source, PutCondition.None, ct);
            return await objects.Get(probe, ct) is { } there && there.Content.Span.SequenceEqual(content);
        }
        catch (VexaException refused) when (IsUnknownToServer(refused))
        {
            return false;
        }
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

    private static async Task<bool> RefusesParts(S3Objects objects, string probe, PutCondition condition, CancellationToken ct)
    {
        using var part = new PartBuffer(1);
        using var content = new MemoryStream("p"u8.ToArray());
        await part.Fill(content, ct);
        try
        {
            return await objects.PutParts(probe, part, content, condition, ct) is null;
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

    private static string PartsOf(string probe) => probe + "-parts";

    private static bool IsUnknownToServer(VexaException refused) =>
        refused.InnerException is AmazonServiceException { StatusCode: HttpStatusCode.NotImplemented or HttpStatusCode.BadRequest or HttpStatusCode.MethodNotAllowed };
}
