using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Vexa.Contracts;

namespace Vexa.Identity;

/// <summary>The key that signs tokens: ECDSA on P-256, kept in one PEM file that only its owner may read.</summary>
public sealed class SigningKey : IDisposable
{
    private readonly ECDsa _key;

    private SigningKey(ECDsa key)
    {
        _key = key;
        Public = PublicKey.From(key);
    }

    public PublicKey Public { get; }

    /// <summary>A key that lives in this process only.</summary>
    public static SigningKey Ephemeral() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>
    /// Loads the key of a folder, or makes it (<c>signing.pem</c>), and writes the public half beside it (<c>jwks.json</c>) for the
    /// roles that only verify.
    /// </summary>
    /// <exception cref="VexaException">The file is readable by others, or is no P-256 key.</exception>
    public static SigningKey LoadOrCreate(string folder)
    {
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var path = Path.Combine(folder, "signing.pem");
        if (!File.Exists(path))
            Create(path);

        if ((File.GetUnixFileMode(path) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite)) != 0)
            throw Unusable($"others may read {path}", $"Run: chmod 600 {path}");

        var ecdsa = ECDsa.Create();
        try
        {
            ecdsa.ImportFromPem(File.ReadAllText(path));
        }
        catch (Exception fault) when (fault is ArgumentException or CryptographicException)
        {
            throw Unusable($"{path} holds no key", "Restore the file from a backup, or remove it: a new key is made, and tokens in flight end.", fault);
        }

        if (ecdsa.KeySize != 256)
            throw Unusable($"{path} is not a P-256 key", "Remove the file: a new key is made.");

        var key = new SigningKey(ecdsa);
        AtomicWrite(Path.Combine(folder, KeySet.FileName), KeySet.Write([key.Public]));
        RememberForReceipts(Path.Combine(folder, KeySet.ReceiptsFileName), key.Public);
        return key;
    }

    public byte[] Sign(ReadOnlySpan<byte> data) => _key.SignData(data, HashAlgorithmName.SHA256);

    /// <summary>A document of ours as a JWS (RFC 7515), ES256. Its type keeps it from being taken for a token.</summary>
    public string SignJws(string type, ReadOnlySpan<byte> payload)
    {
        var signed = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes($$"""{"alg":"ES256","kid":"{{Public.Kid}}","typ":"{{type}}"}"""))}.{Base64Url.EncodeToString(payload)}";
        return $"{signed}.{Base64Url.EncodeToString(Sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    public void Dispose() => _key.Dispose();

    private static void RememberForReceipts(string path, PublicKey key)
    {
        try
        {
            var known = File.Exists(path) ? KeySet.Read(path) : [];
            if (!known.Contains(key))
                AtomicWrite(path, KeySet.Write([.. known, key]));
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw Unusable($"{path} cannot be read", "Restore the file from a backup; without it, receipts that older keys signed cannot be verified.", fault);
        }
    }

    private static void Create(string path)
    {
        using var fresh = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        AtomicWrite(path, Encoding.ASCII.GetBytes(fresh.ExportPkcs8PrivateKeyPem()));
    }

    private static void AtomicWrite(string path, byte[] content)
    {
        var temporary = $"{path}.{Environment.ProcessId}.tmp";
        using (var file = new FileStream(temporary, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }

    private static VexaException Unusable(string what, string hint, Exception? inner = null) =>
        new(Stage.IdentityMint, Party.Operator, "signing-key", $"The signing key cannot be used: {what}.", hint, inner);
}

/// <summary>The public half: what verifies. <c>Kid</c> is the RFC 7638 thumbprint.</summary>
public sealed record PublicKey(string Kid, string X, string Y)
{
    internal static PublicKey From(ECDsa key)
    {
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        var (x, y) = (Base64Url.EncodeToString(point.X), Base64Url.EncodeToString(point.Y));
        var thumbprint = SHA256.HashData(Encoding.ASCII.GetBytes($$"""{"crv":"P-256","kty":"EC","x":"{{x}}","y":"{{y}}"}"""));
        return new PublicKey(Base64Url.EncodeToString(thumbprint), x, y);
    }

    internal ECDsa ToEcdsa() => ECDsa.Create(new ECParameters
    {
        Curve = ECCurve.NamedCurves.nistP256,
        Q = new ECPoint { X = Base64Url.DecodeFromChars(X), Y = Base64Url.DecodeFromChars(Y) },
    });
}
