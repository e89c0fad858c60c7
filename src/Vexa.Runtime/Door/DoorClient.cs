using System.Net.Http.Headers;
using Vexa.Contracts;
using Vexa.Hosting;

namespace Vexa.Runtime.Door;

/// <summary>Asks the door of this node to open and close the one way out that a container has.</summary>
internal sealed class DoorClient(string doorSocket, TimeProvider time) : IDisposable
{
    public const string Unreachable = "door-unreachable";

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly HttpClient _door = UnixHttp.Client(doorSocket);

    /// <summary>Opens the listener of a dispatch: from then on its socket is in its door folder.</summary>
    /// <exception cref="VexaException">The door refuses the token, or does not answer: rule <c>door-unreachable</c>.</exception>
    public async Task Open(DispatchId id, string token, CancellationToken ct)
    {
        // A door that died is back in a second or two: a dispatch that starts just then waits for it. Opening twice changes nothing.
        for (var since = time.GetTimestamp(); ;)
        {
            try
            {
                await Send(HttpMethod.Put, id, new AuthenticationHeaderValue("Bearer", token), ct);
                return;
            }
            catch (VexaException away) when (away.Rule == Unreachable && time.GetElapsedTime(since) < Bound)
            {
                await Task.Delay(Pause, time, ct);
            }
        }
    }

    /// <summary>Closes the listener; one that is not there is no failure.</summary>
    public Task Close(DispatchId id, CancellationToken ct) => Send(HttpMethod.Delete, id, authorization: null, ct);

    public void Dispose() => _door.Dispose();

    private async Task Send(HttpMethod method, DispatchId id, AuthenticationHeaderValue? authorization, CancellationToken ct)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bound.CancelAfter(Bound);
        using var request = new HttpRequestMessage(method, $"/listeners/{id}");
        request.Headers.Authorization = authorization;
        try
        {
            using var response = await _door.SendAsync(request, bound.Token);
            if (method != HttpMethod.Delete || response.StatusCode != System.Net.HttpStatusCode.NotFound)
                await response.ThrowOnProblem(bound.Token);
        }
        catch (Exception fault) when (fault is HttpRequestException || (fault is OperationCanceledException && !ct.IsCancellationRequested))
        {
            throw new VexaException(Stage.Door, Party.Operator, Unreachable, "The door of this node does not answer.", "Run: vexa status", fault);
        }
    }
}
