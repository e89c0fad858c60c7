using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>
/// Key-encryption keys from passphrases that a person wrote into a file, one in a line; the last one is the current one. A key is PBKDF2 of
/// its passphrase with the salt that lies in the bucket, <c>keys/passphrase</c>, and its name comes from the key.
/// </summary>
internal sealed class Passphrase : IKeySource
{
    public const string SaltKey = "keys/passphrase";

    private const int Rounds = 600_000;
    private const int SaltLength = 32;
    private const int Shortest = 12;

    private readonly string _path;
    private readonly PassphraseSalt _salt;
    private readonly Lock _reading = new();
    private KeyRing _keys;

    private Passphrase(string path, PassphraseSalt salt)
    {
        (_path, _salt) = (path, salt);
        _keys = Read();
    }

    public string CurrentKeyId => _keys.CurrentId;

    /// <exception cref="VexaException"><c>key-missing</c>, <c>key-file</c>.</exception>
    public static async Task<Passphrase> Open(string path, IBucket bucket, CancellationToken ct)
    {
        if (SecretFile.TryRead(path) is null)
            throw SealingFailures.Missing($"The file {path} with the passphrase is not there.", "Write the passphrase into it, with mode 600, or unset VEXA_PASSPHRASE_FILE.");

        var fresh = new PassphraseSalt(Rounds, Convert.ToBase64String(RandomNumberGenerator.GetBytes(SaltLength)));
        await bucket.Put(SaltKey, JsonSerializer.SerializeToUtf8Bytes(fresh, VexaJson.Default.PassphraseSalt), PutCondition.CreateOnly, ct);
        // Where another process was faster, or an earlier start: its salt is the one.
        return new Passphrase(path, (await SealedBucket.ReadClear(bucket, SaltKey, VexaJson.Default.PassphraseSalt, ct))!.Value);
    }

    public ValueTask<WrappedKey> Wrap(DataKey key, string purpose, CancellationToken ct) => ValueTask.FromResult(_keys.Wrap(key, purpose));

    public ValueTask<DataKey> Unwrap(WrappedKey wrapped, string purpose, CancellationToken ct)
    {
        var keys = _keys;
        if (!keys.Contains(wrapped.KeyId))
            throw SealingFailures.Unknown(wrapped.KeyId, $"the passphrase in {_path}");

        return ValueTask.FromResult(keys.Unwrap(wrapped, purpose) ?? throw SealingFailures.Wrong(wrapped.KeyId, purpose));
    }

    public ValueTask Rotate(CancellationToken ct)
    {
        lock (_reading)
        {
            var keys = Read();
            if (_keys.Contains(keys.CurrentId))
                throw new VexaException(Stage.Record, Party.Operator, "passphrase-same", $"The last passphrase in {_path} is not a new one.", "Add the new passphrase as the file's last line, keep the old one above it, and try again.") { Status = 409 };

            _keys = keys;
        }

        return ValueTask.CompletedTask;
    }

    private KeyRing Read()
    {
        var keys = new KeyRing();
        Span<byte> name = stackalloc byte[6];
        foreach (var line in SecretFile.TryRead(_path) ?? throw SealingFailures.Missing($"The file {_path} with the passphrase is not there any more.", "Put it back."))
        {
            if (line.Length < Shortest)
                throw SealingFailures.Unusable(_path, $"a passphrase is shorter than {Shortest} characters", "Write a longer one: six random words are good.");

            var bytes = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(line.Normalize(NormalizationForm.FormC)), Convert.FromBase64String(_salt.Salt), _salt.Rounds, HashAlgorithmName.SHA256, DataKey.Length);
            var key = new DataKey(bytes);
            CryptographicOperations.ZeroMemory(bytes);
            key.Derive(name, [], "vexa-passphrase-name-1");
            keys.Add($"p-{Convert.ToHexStringLower(name)}", key);
        }

        return keys.CurrentId.Length > 0 ? keys : throw SealingFailures.Unusable(_path, "it holds no passphrase", "Write one into it, in a line of its own.");
    }
}
