using System.Runtime.CompilerServices;
using System.Text.Json;
using Vexa.Docker.Connection;

namespace Vexa.Docker.Events;

/// <summary>
/// Events from the moment of its opening until the engine goes away. Nothing is replayed: whoever opens it asks for the state
/// afterwards, and has then missed nothing.
/// </summary>
public sealed class EventStream : IAsyncDisposable
{
    private readonly Stream _stream;
    private readonly EngineConnection _connection;

    internal EventStream(Stream stream, EngineConnection connection) => (_stream, _connection) = (stream, connection);

    /// <summary>Every event as it comes.</summary>
    /// <exception cref="EngineUnavailableException">The engine went away; it never ends otherwise, but by the token.</exception>
    public async IAsyncEnumerable<EngineEvent> Read([EnumeratorCancellation] CancellationToken ct)
    {
        var events = JsonSerializer.DeserializeAsyncEnumerable(_stream, EngineJson.Default.EngineEvent, topLevelValues: true, ct).GetAsyncEnumerator(ct);
        await using (events)
        {
            while (await Next(events))
                if (events.Current is { } one)
                    yield return one;
        }

        throw _connection.Broken(new EndOfStreamException());
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private async ValueTask<bool> Next(IAsyncEnumerator<EngineEvent?> events)
    {
        try
        {
            return await events.MoveNextAsync();
        }
        catch (Exception fault) when (fault is IOException or HttpRequestException or JsonException)
        {
            // Cut off in the middle of an event, too.
            throw _connection.Broken(fault);
        }
    }
}
