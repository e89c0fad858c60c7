using System.Security.Cryptography;
using System.Text;
using Vexa.Contracts;

namespace Vexa.Control.Dispatch;

/// <summary>
/// Ids from what happened (I9): the same occurrence gives the same id, another occurrence another, whatever its prompt says.
/// </summary>
internal static class DispatchIds
{
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";

    /// <summary>The turn that a client named, or one that happened just now.</summary>
    public static Occurrence Of(SubjectId subject, SessionId? session, TurnId? turn)
    {
        var key = turn is null ? Convert.ToHexString(RandomNumberGenerator.GetBytes(20)) : $"{subject}\n{session}\n{turn}";
        return new Occurrence(
            Id.Parse<DispatchId>(Derive("d", key)),
            session ?? Id.Parse<SessionId>(Derive("s", key)),
            turn ?? Id.Parse<TurnId>(Derive("t", key)),
            turn is null ? null : Derive("o", key));
    }

    // 100 bits: no two occurrences of an installation's life collide.
    private static string Derive(string kind, string key)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{kind}\n{key}"));
        return string.Create(22, (kind, hash), static (text, from) =>
        {
            text[0] = from.kind[0];
            text[1] = '-';
            for (var i = 2; i < text.Length; i++)
                text[i] = Alphabet[from.hash[i] & 31];
        });
    }
}

/// <param name="Key">Where a retry finds the turn; null where the client named none.</param>
internal sealed record Occurrence(DispatchId Dispatch, SessionId Session, TurnId Turn, string? Key);
