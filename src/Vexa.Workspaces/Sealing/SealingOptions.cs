namespace Vexa.Workspaces;

/// <summary>Where the key-encryption keys come from: a passphrase where one is named, else the key file.</summary>
public sealed record SealingOptions
{
    /// <summary>Keys by name, the last one current. Made at the first start.</summary>
    public required string KeyFile { get; init; }

    /// <summary>Passphrases, one in a line, the last one current. A person writes it.</summary>
    public string? PassphraseFile { get; init; }
}
