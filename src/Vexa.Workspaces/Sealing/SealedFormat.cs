using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Vexa.Workspaces;

/// <summary>
/// How a sealed object looks, as docs/sealing.md has it: a header (magic, version, salt), then chunks of up to 64 KiB, each with its tag.
/// </summary>
/// <remarks>
/// The key is the object's own: HKDF-SHA256 of the data key, the random salt, the scope and the object's key in the bucket. A chunk's nonce
/// is its number and whether it is the last (the STREAM construction), and the header is its associated data. So no chunk opens at another
/// place, in another object, in another workspace or as another end.
/// </remarks>
internal static class SealedFormat
{
    public const int Chunk = 64 * 1024;
    public const int TagLength = 16;
    public const int SealedChunk = Chunk + TagLength;
    public const int HeaderLength = 8 + 1 + SaltLength;

    private const int SaltLength = 32;
    private const byte Version = 1;
    private const int NonceLength = 12;

    private static ReadOnlySpan<byte> Magic => "VEXASEAL"u8;

    public static byte[] NewHeader()
    {
        var header = new byte[HeaderLength];
        Magic.CopyTo(header);
        header[Magic.Length] = Version;
        RandomNumberGenerator.Fill(header.AsSpan(Magic.Length + 1));
        return header;
    }

    public static bool IsSealed(ReadOnlySpan<byte> start) => start.StartsWith(Magic);

    public static bool IsKnownVersion(ReadOnlySpan<byte> header) => header[Magic.Length] == Version;

    public static AesGcm Cipher(ObjectSeal seal, string objectKey, ReadOnlySpan<byte> header)
    {
        Span<byte> key = stackalloc byte[DataKey.Length];
        // Neither a scope nor a key in the bucket has a NUL.
        seal.Key.Derive(key, header[^SaltLength..], $"vexa-sealed-object-1\0{seal.Scope}\0{objectKey}");
        try
        {
            return new AesGcm(key, TagLength);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>Writes the sealed chunk: as long as the plain one, and the tag.</summary>
    public static void SealChunk(AesGcm cipher, ReadOnlySpan<byte> header, ChunkPlace place, ReadOnlySpan<byte> plain, Span<byte> sealedChunk)
    {
        Span<byte> nonce = stackalloc byte[NonceLength];
        place.WriteNonce(nonce);
        cipher.Encrypt(nonce, plain, sealedChunk[..plain.Length], sealedChunk.Slice(plain.Length, TagLength), header);
    }

    /// <summary>False where the chunk is not what was sealed at this place; then nothing is in <paramref name="plain"/>.</summary>
    public static bool TryOpenChunk(AesGcm cipher, ReadOnlySpan<byte> header, ChunkPlace place, ReadOnlySpan<byte> sealedChunk, Span<byte> plain)
    {
        if (sealedChunk.Length < TagLength)
            return false;

        Span<byte> nonce = stackalloc byte[NonceLength];
        place.WriteNonce(nonce);
        try
        {
            cipher.Decrypt(nonce, sealedChunk[..^TagLength], sealedChunk[^TagLength..], plain[..(sealedChunk.Length - TagLength)], header);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    /// <summary>Which chunk of an object.</summary>
    public readonly record struct ChunkPlace(long Number, bool IsLast)
    {
        public void WriteNonce(Span<byte> nonce)
        {
            nonce.Clear();
            BinaryPrimitives.WriteInt64BigEndian(nonce[3..^1], Number);
            nonce[^1] = IsLast ? (byte)1 : (byte)0;
        }
    }
}

/// <summary>What seals an object: a data key, and whose it is.</summary>
internal sealed record ObjectSeal(DataKey Key, string Scope);
