namespace Vexa.Contracts;

/// <summary>The object <c>keys/records</c>: what seals everything outside the workspaces' bundles, wrapped. One of the two that lie in clear.</summary>
/// <param name="WrappedKey">Base64; the name of the key-encryption key stands in it.</param>
[Contract("record.v1")]
public sealed record RecordsKey(string WrappedKey);

/// <summary>The object <c>keys/passphrase</c>: how a passphrase becomes a key-encryption key, by PBKDF2-HMAC-SHA256. It is no secret.</summary>
/// <param name="Salt">32 bytes as base64.</param>
[Contract("record.v1")]
public sealed record PassphraseSalt(int Rounds, string Salt);
