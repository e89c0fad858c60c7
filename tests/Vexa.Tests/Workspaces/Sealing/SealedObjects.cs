using Vexa.Workspaces;

namespace Vexa.Tests.Workspaces.Sealing;

/// <summary>Seals and opens in memory.</summary>
internal static class SealedObjects
{
    public const string Name = "runs/ended/d1";

    public static ObjectSeal NewSeal(string scope = "records") => new(DataKey.New(), scope);

    public static async Task<byte[]> Seal(byte[] plain, ObjectSeal seal, string key = Name, int readAtOnce = 128 * 1024)
    {
        using var sealedObject = new MemoryStream();
        using var source = new Dripping(plain);
        await using var sealing = new SealingStream(source, seal, key);
        await sealing.CopyToAsync(sealedObject, readAtOnce, TestContext.Current.CancellationToken);
        return sealedObject.ToArray();
    }

    /// <summary>What was passed on, and the failure where there was one.</summary>
    public static async Task<(byte[] Plain, VexaException? Failure)> Open(byte[] sealedObject, ObjectSeal seal, string key = Name, int writtenAtOnce = 100_000)
    {
        using var plain = new MemoryStream();
        await using var opening = new OpeningStream(plain, seal, key);
        try
        {
            foreach (var part in sealedObject.Chunk(writtenAtOnce))
                await opening.WriteAsync(part, TestContext.Current.CancellationToken);

            await opening.Finish(TestContext.Current.CancellationToken);
            return (plain.ToArray(), null);
        }
        catch (VexaException failure)
        {
            return (plain.ToArray(), failure);
        }
    }

    /// <summary>Gives its content in pieces that have nothing to do with chunks, as a network does.</summary>
    private sealed class Dripping(byte[] content) : MemoryStream(content, writable: false)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, 30_011)], cancellationToken);
    }
}
