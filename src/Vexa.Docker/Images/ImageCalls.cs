using System.Net;
using System.Text.Json;
using Vexa.Docker.Connection;

namespace Vexa.Docker.Images;

/// <summary>Images, by id or by <c>name:tag</c>.</summary>
public sealed class ImageCalls
{
    private readonly EngineConnection _connection;

    internal ImageCalls(EngineConnection connection) => _connection = connection;

    /// <summary>Null where there is no such image.</summary>
    public async Task<ImageDetails?> Find(string image, CancellationToken ct)
    {
        try
        {
            return await _connection.Get($"/images/{image}/json", EngineJson.Default.ImageDetails, ct);
        }
        catch (EngineException fault) when (fault.Status == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>Takes an archive in the form of <c>docker save</c>.</summary>
    /// <param name="write">Writes the archive.</param>
    public async Task Load(Func<Stream, CancellationToken, Task> write, CancellationToken ct)
    {
        using var content = new WrittenContent(write);
        await using var answer = await _connection.Upload("/images/load?quiet=1", content, ct);
        // What goes wrong after the first byte of the answer stands in the answer.
        await foreach (var line in JsonSerializer.DeserializeAsyncEnumerable(answer, EngineJson.Default.ImageProgress, topLevelValues: true, ct))
            if (line?.Error is { } error)
                throw new EngineException(HttpStatusCode.InternalServerError, error);
    }

    /// <summary>Removes a name, and the image with it where that was its last.</summary>
    /// <returns>False where a container uses it, or it is not there.</returns>
    public async Task<bool> Remove(string image, CancellationToken ct)
    {
        try
        {
            await _connection.Do(HttpMethod.Delete, $"/images/{image}", ct);
            return true;
        }
        catch (EngineException fault) when (fault.Status is HttpStatusCode.Conflict or HttpStatusCode.NotFound)
        {
            return false;
        }
    }

    private sealed class WrittenContent : HttpContent
    {
        private readonly Func<Stream, CancellationToken, Task> _write;

        public WrittenContent(Func<Stream, CancellationToken, Task> write)
        {
            _write = write;
            Headers.Add("Content-Type", "application/x-tar");
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => _write(stream, CancellationToken.None);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) => _write(stream, cancellationToken);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
