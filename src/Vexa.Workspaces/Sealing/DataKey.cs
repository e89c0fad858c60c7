using System.Security.Cryptography;
using System.Text;

namespace Vexa.Workspaces;

/// <summary>256 random bits that seal objects. They stay at one place in memory, and are overwritten when this is disposed.</summary>
public sealed class DataKey : IDisposable
{
    /// <summary>In bytes.</summary>
    public const int Length = 32;

    private readonly byte[] _bytes = GC.AllocateArray<byte>(Length, pinned: true);
    private bool _isGone;

    /// <exception cref="ArgumentException">It has not <see cref="Length"/> bytes.</exception>
    public DataKey(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
            throw new ArgumentException($"A data key has {Length} bytes.", nameof(bytes));

        bytes.CopyTo(_bytes);
    }

    public static DataKey New()
    {
        Span<byte> bytes = stackalloc byte[Length];
        RandomNumberGenerator.Fill(bytes);
        var key = new DataKey(bytes);
        CryptographicOperations.ZeroMemory(bytes);
        return key;
    }

    /// <summary>The key itself, for whoever wraps it.</summary>
    public ReadOnlySpan<byte> Reveal()
    {
        ObjectDisposedException.ThrowIf(_isGone, this);
        return _bytes;
    }

    /// <summary>A key of its own for one use.</summary>
    internal void Derive(Span<byte> derived, ReadOnlySpan<byte> salt, string use) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, Reveal(), derived, salt, Encoding.UTF8.GetBytes(use));

    public void Dispose()
    {
        _isGone = true;
        CryptographicOperations.ZeroMemory(_bytes);
    }
}
