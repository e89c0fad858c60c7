using System.Globalization;
using System.Security.Cryptography;
using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>Key-encryption keys in a file that only its owner may read: a line for each, its name and 32 bytes in base64. The last one is the current one.</summary>
internal sealed class KeyFile : IKeySource
{
    private const string Heading = "# Vexa's key-encryption keys: name, key. The last one is the current one. Who has this file and the bucket can read everything.";

    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly Lock _reading = new();
    private KeyRing _keys;

    private KeyFile(string path, KeyRing keys, TimeProvider time) => (_path, _keys, _time) = (path, keys, time);

    public string CurrentKeyId => _keys.CurrentId;

    /// <exception cref="VexaException"><c>key-missing</c>, <c>key-file</c>.</exception>
    public static KeyFile Open(string path, TimeProvider time) => new(path, Read(path) ?? throw SealingFailures.Missing(
        $"The bucket is sealed, and the key file {path} that opens it is not there.", "Restore it from a backup of the keys, or name its place in VEXA_KEY_FILE; a new one would open nothing."), time);

    /// <summary>The same for a bucket that is not sealed yet: makes the file where there is none.</summary>
    /// <exception cref="VexaException"><c>key-file</c>.</exception>
    public static KeyFile OpenOrCreate(string path, TimeProvider time)
    {
        if (SecretFile.TryRead(path) is null)
            SecretFile.Create(path, [Heading, NewLine(time)]);

        return Open(path, time);
    }

    public ValueTask<WrappedKey> Wrap(DataKey key, string purpose, CancellationToken ct) => ValueTask.FromResult(_keys.Wrap(key, purpose));

    public ValueTask<DataKey> Unwrap(WrappedKey wrapped, string purpose, CancellationToken ct)
    {
        // Another process may have made a key since the file was read.
        var keys = _keys.Contains(wrapped.KeyId) ? _keys : Reload();
        if (!keys.Contains(wrapped.KeyId))
            throw SealingFailures.Unknown(wrapped.KeyId, $"the key file {_path}");

        return ValueTask.FromResult(keys.Unwrap(wrapped, purpose) ?? throw SealingFailures.Wrong(wrapped.KeyId, purpose));
    }

    public ValueTask Rotate(CancellationToken ct)
    {
        lock (_reading)
            SecretFile.Rewrite(_path, lines => [Heading, .. lines ?? throw Gone(), NewLine(_time)]);

        Reload();
        return ValueTask.CompletedTask;
    }

    private KeyRing Reload()
    {
        lock (_reading)
            return _keys = Read(_path) ?? throw Gone();
    }

    private static KeyRing? Read(string path)
    {
        if (SecretFile.TryRead(path) is not { } lines)
            return null;

        var keys = new KeyRing();
        foreach (var line in lines)
        {
            var bytes = new byte[DataKey.Length];
            if (line.Split(' ') is not [var id, var key] || id.Length is 0 or > 64 || !id.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')
                || !Convert.TryFromBase64String(key, bytes, out var length) || length != DataKey.Length || keys.Contains(id))
                throw SealingFailures.Unusable(path, "a line is not a name and a key", "Restore it from a backup of the keys.");

            keys.Add(id, new DataKey(bytes));
            CryptographicOperations.ZeroMemory(bytes);
        }

        return keys.CurrentId.Length > 0 ? keys : throw SealingFailures.Unusable(path, "it holds no key", "Restore it from a backup of the keys.");
    }

    private static string NewLine(TimeProvider time)
    {
        using var key = DataKey.New();
        var id = string.Create(CultureInfo.InvariantCulture, $"k-{time.GetUtcNow():yyyyMMdd}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}");
        return $"{id} {Convert.ToBase64String(key.Reveal())}";
    }

    private VexaException Gone() => SealingFailures.Missing($"The key file {_path} is not there any more.", "Put it back, from a backup of the keys.");
}
