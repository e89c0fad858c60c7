using System.Buffers.Text;
using System.Text.Json;

namespace Vexa.Worker.Door;

/// <summary>The dispatch token as it is now. It is worth nothing outside of this container, but is kept out of logs all the same.</summary>
internal sealed class DoorToken(string initial)
{
    private volatile string _current = initial;

    public string Current => _current;

    /// <summary>Reads the token that the runtime laid down.</summary>
    /// <exception cref="VexaException">It is not there: rule <c>worker-order</c>.</exception>
    public static DoorToken Read(string file)
    {
        // Not File.ReadAllText: its decoding machinery costs 8 ms of a start-up that has 60.
        try
        {
            using var handle = File.OpenHandle(file);
            var bytes = new byte[8 * 1024];
            return new(System.Text.Encoding.Latin1.GetString(bytes, 0, RandomAccess.Read(handle, bytes, 0)).Trim());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw WorkerOptions.Bad($"{file} cannot be read");
        }
    }

    public void Replace(string token) => _current = token;

    /// <summary>How long a token lives, and until when; null where it does not say. Signature and claims are the door's business.</summary>
    public static (TimeSpan Lifetime, DateTimeOffset Until)? LifeOf(string token)
    {
        try
        {
            if (token.Split('.') is not [_, var payload, _])
                return null;

            using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(payload));
            if (claims.RootElement.ValueKind != JsonValueKind.Object
                || !claims.RootElement.TryGetProperty("exp", out var exp) || !exp.TryGetInt64(out var until)
                || !claims.RootElement.TryGetProperty("iat", out var iat) || !iat.TryGetInt64(out var since) || until <= since)
                return null;

            return (TimeSpan.FromSeconds(until - since), DateTimeOffset.FromUnixTimeSeconds(until));
        }
        catch (Exception e) when (e is FormatException or JsonException or InvalidOperationException or ArgumentException or OverflowException)
        {
            return null;
        }
    }
}
