using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Vexa.IntegrationTests.Workspaces.S3;

/// <summary>The way to a real server, on which requests and answers get lost.</summary>
internal sealed class Mischief : DelegatingHandler
{
    private int _count;

    public Mischief() : base(new SocketsHttpHandler())
    {
    }

    /// <summary>What happens to a request, by its number from 1; null where nothing does.</summary>
    public Func<HttpRequestMessage, int, Fate?> Decide { get; set; } = (_, _) => null;

    /// <summary>Method and path of all that were meant to be sent.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>Method, path and answer of all that were answered.</summary>
    public ConcurrentQueue<string> Seen { get; } = new();

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Asked.Enqueue($"{request.Method} {request.RequestUri!.AbsolutePath}");
        var fate = Decide(request, Interlocked.Increment(ref _count));
        if (fate is { Status: { } status, IsAfterwards: false })
            return Note(request, Answer(request, status, fate.Code!));
        if (fate is { Hangs: true })
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);

        var answer = Note(request, await base.SendAsync(request, cancellationToken));
        switch (fate)
        {
            case { LosesAnswer: true }:
                answer.Dispose();
                throw fate.Reset ? Reset() : new HttpRequestException(HttpRequestError.ResponseEnded, "The answer was lost.", new HttpIOException(HttpRequestError.ResponseEnded));
            case { Status: { } afterwards }:
                answer.Dispose();
                return Answer(request, afterwards, fate.Code!);
            case { BreaksAfter: { } bytes }:
                var content = await answer.Content.ReadAsByteArrayAsync(cancellationToken);
                var broken = new StreamContent(new Dripping(content, Math.Min(bytes, content.Length)) { Fault = () => new IOException("The connection was lost.") });
                foreach (var header in answer.Content.Headers)
                    broken.Headers.TryAddWithoutValidation(header.Key, header.Value);
                answer.Content = broken;
                return answer;
            default:
                return answer;
        }
    }

    // As SocketsHttpHandler tells it.
    private static HttpRequestException Reset() =>
        new(HttpRequestError.Unknown, "An error occurred while sending the request.", new IOException("Unable to read data from the transport connection.", new SocketException((int)System.Net.Sockets.SocketError.ConnectionReset)));

    private HttpResponseMessage Note(HttpRequestMessage request, HttpResponseMessage answer)
    {
        Seen.Enqueue($"{request.Method} {request.RequestUri!.PathAndQuery} {(int)answer.StatusCode}");
        return answer;
    }

    private static HttpResponseMessage Answer(HttpRequestMessage request, HttpStatusCode status, string code) => new(status)
    {
        RequestMessage = request,
        Content = new StringContent($"<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code><Message>The region 'us-east-1' is wrong; expecting 'eu-west-7'</Message></Error>", Encoding.UTF8, "application/xml"),
    };
}

/// <summary>What becomes of one request.</summary>
internal sealed record Fate
{
    /// <summary>It is performed, and nobody hears of it.</summary>
    public static Fate LostAnswer { get; } = new() { LosesAnswer = true };

    /// <summary>The same, by a connection that was reset.</summary>
    public static Fate LostByReset { get; } = new() { LosesAnswer = true, Reset = true };

    public static Fate Hang { get; } = new() { Hangs = true };

    /// <summary>The answer's body ends here with a fault.</summary>
    public static Fate Break(int after) => new() { BreaksAfter = after };

    /// <summary>An answer of S3's, in place of the server's own.</summary>
    public static Fate Fail(HttpStatusCode status, string code) => new() { Status = status, Code = code };

    /// <summary>The same, but the request is performed.</summary>
    public static Fate FailAfterwards(HttpStatusCode status, string code) => new() { Status = status, Code = code, IsAfterwards = true };

    public bool LosesAnswer { get; private init; }

    public bool Reset { get; private init; }

    public bool Hangs { get; private init; }

    public int? BreaksAfter { get; private init; }

    public HttpStatusCode? Status { get; private init; }

    public string? Code { get; private init; }

    public bool IsAfterwards { get; private init; }
}
