using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>
/// Keeps the key-encryption keys of an installation, and wraps data keys under them. What can wrap and unwrap, a key service in the network
/// too, can be one; a key-encryption key never passes through here.
/// </summary>
public interface IKeySource
{
    /// <summary>The key that <see cref="Wrap"/> uses; its name says nothing about the key.</summary>
    string CurrentKeyId { get; }

    /// <summary>Wraps a data key under the current key.</summary>
    /// <param name="purpose">What the data key is for. It is bound to the wrapped key, so that no other purpose unwraps it.</param>
    ValueTask<WrappedKey> Wrap(DataKey key, string purpose, CancellationToken ct);

    /// <summary>The data key; the caller disposes it.</summary>
    /// <exception cref="VexaException">
    /// <c>key-unknown</c>: wrapped under a key that is not here. <c>key-wrong</c>: the wrapped key is damaged, or of another purpose.
    /// </exception>
    ValueTask<DataKey> Unwrap(WrappedKey wrapped, string purpose, CancellationToken ct);

    /// <summary>Makes another key the current one; the keys before it still unwrap.</summary>
    /// <exception cref="VexaException">It cannot be kept, or a person has to provide it first.</exception>
    ValueTask Rotate(CancellationToken ct);
}
