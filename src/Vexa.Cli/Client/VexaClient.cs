using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Vexa.Contracts;
using Vexa.Hosting;
using Vexa.Schemas;

namespace Vexa.Cli.Client;

/// <summary>The API, as the commands use it: over the local socket, or over HTTP where <c>VEXA_URL</c> and <c>VEXA_TOKEN</c> say so.</summary>
internal sealed class VexaClient : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private const int MostAttempts = 50;
    private readonly HttpClient _http;
    // Where it is not this machine's own socket.
    private readonly Uri? _address;

    private VexaClient(HttpClient http, Uri? address = null) => (_http, _address) = (http, address);

    public static VexaClient Local(string socket) => new(UnixHttp.Client(socket));

    public static VexaClient Remote(Uri address, string token)
    {
        var http = new HttpClient { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return new VexaClient(http, address);
    }

    /// <summary>
    /// Sends a message and yields the events of its turn up to the terminal one. A connection that breaks is made again from the last
    /// event, by the turn's own id: nothing is lost and nothing comes twice.
    /// </summary>
    public async IAsyncEnumerable<TurnEvent> Chat(ChatRequest request, [EnumeratorCancellation] CancellationToken ct)
    {
        request = request with { TurnId = request.TurnId ?? Id.Parse<TurnId>($"t-{Guid.NewGuid():n}") };
        string? lastId = null;
        for (var attempt = 0; ; attempt++)
        {
            using var answer = await TrySend(() => new HttpRequestMessage(HttpMethod.Post, "/v1/chat") { Content = JsonContent.Create(request, VexaJson.Default.ChatRequest) }, lastId, attempt, ct);
            if (answer is null)
                continue;

            var turn = new TurnAddress(Header<DispatchId>(answer, "Vexa-Run"), Header<SessionId>(answer, "Vexa-Session"), Header<TurnId>(answer, "Vexa-Turn"));
            await foreach (var item in Items(answer, ct))
            {
                (lastId, attempt) = (item.EventId ?? lastId, 0);
                var unitEvent = Contract.ReadTolerant<UnitEvent>(Encoding.UTF8.GetBytes(item.Data));
                yield return new TurnEvent(turn, unitEvent);
                if (unitEvent is TurnComplete complete && complete.Turn == turn.Turn)
                    yield break;
            }

            if (attempt >= MostAttempts)
                throw BreaksOff("turn", turn.Run);

            await Task.Delay(Pause, TimeProvider.System, ct);
        }
    }

    public Task<RunList> Runs(int limit, CancellationToken ct) => Get($"/v1/runs?limit={limit}", VexaJson.Default.RunList, ct);

    public Task<Run> Run(DispatchId id, CancellationToken ct) => Get($"/v1/runs/{id}", VexaJson.Default.Run, ct);

    public Task<Run> Cancel(DispatchId id, CancellationToken ct) => Post($"/v1/runs/{id}/cancel", content: null, VexaJson.Default.Run, ct);

    public Task<UndoResult> Undo(DispatchId id, CancellationToken ct) => Post($"/v1/runs/{id}/undo", content: null, VexaJson.Default.UndoResult, ct);

    public Task<UndoResult> UndoCommit(WorkspaceId workspace, string commit, CancellationToken ct) =>
        Post($"/v1/workspaces/{workspace}/commits/{Uri.EscapeDataString(commit)}/undo", content: null, VexaJson.Default.UndoResult, ct);

    /// <summary>Whether the workspace has a commit of this name, which may be shortened.</summary>
    public async Task<bool> HasCommit(WorkspaceId workspace, string commit, CancellationToken ct)
    {
        try
        {
            await Get($"/v1/workspaces/{workspace}/tree?commit={Uri.EscapeDataString(commit)}", VexaJson.Default.WorkspaceTree, ct);
            return true;
        }
        catch (VexaException missing) when (missing.Rule == "unknown-commit")
        {
            return false;
        }
    }

    public Task<TokenList> Tokens(CancellationToken ct) => Get("/v1/tokens", VexaJson.Default.TokenList, ct);

    public Task<NewToken> CreateToken(CancellationToken ct) => Post("/v1/tokens", content: null, VexaJson.Default.NewToken, ct);

    public async Task RevokeToken(string id, CancellationToken ct)
    {
        using var _ = await Send(new HttpRequestMessage(HttpMethod.Delete, $"/v1/tokens/{Uri.EscapeDataString(id)}"), ct);
    }

    public Task<WorkspaceList> Workspaces(CancellationToken ct) => Get("/v1/workspaces", VexaJson.Default.WorkspaceList, ct);

    public Task<WorkspaceInfo> CreateWorkspace(WorkspaceCreate create, CancellationToken ct) =>
        Post("/v1/workspaces", JsonContent.Create(create, VexaJson.Default.WorkspaceCreate), VexaJson.Default.WorkspaceInfo, ct);

    public Task<WorkspaceLog> Log(WorkspaceId id, int limit, CancellationToken ct) => Get($"/v1/workspaces/{id}/log?limit={limit}", VexaJson.Default.WorkspaceLog, ct);

    /// <summary>All of a workspace as a git bundle; where it breaks off, reading throws an <see cref="IOException"/>.</summary>
    public async Task<Stream> Export(WorkspaceId id, CancellationToken ct) =>
        await (await Send(new HttpRequestMessage(HttpMethod.Get, $"/v1/workspaces/{id}/export"), ct)).Content.ReadAsStreamAsync(ct);

    public async Task<WorkspaceImport> Import(WorkspaceId id, Stream bundle, CancellationToken ct)
    {
        var content = new StreamContent(bundle);
        content.Headers.ContentType = new MediaTypeHeaderValue(MediaTypes.GitBundle);
        // A refusal that comes before all is sent is read, and not taken for a broken connection.
        using var answer = await Send(new HttpRequestMessage(HttpMethod.Post, $"/v1/workspaces/{id}/import") { Content = content, Headers = { ExpectContinue = true } }, ct);
        return await answer.ReadOrThrow(VexaJson.Default.WorkspaceImport, ct);
    }

    public Task<WorkspaceGc> Collect(WorkspaceId id, CancellationToken ct) => Post($"/v1/workspaces/{id}/gc", content: null, VexaJson.Default.WorkspaceGc, ct);

    public Task<ShredCertificate> Shred(WorkspaceId id, CancellationToken ct) => Post($"/v1/workspaces/{id}/shred", content: null, VexaJson.Default.ShredCertificate, ct);

    public Task<KeyRotation> RotateKeys(CancellationToken ct) => Post("/v1/keys/rotate", content: null, VexaJson.Default.KeyRotation, ct);

    public async Task<string> Diff(WorkspaceId workspace, string? from, string to, CancellationToken ct)
    {
        using var answer = await Send(new HttpRequestMessage(HttpMethod.Get, $"/v1/workspaces/{workspace}/diff?to={to}{(from is null ? "" : $"&from={from}")}"), ct);
        return await answer.Content.ReadAsStringAsync(ct);
    }

    public async Task<string> Logs(DispatchId id, CancellationToken ct)
    {
        using var answer = await Send(new HttpRequestMessage(HttpMethod.Get, $"/v1/runs/{id}/logs"), ct);
        return await answer.Content.ReadAsStringAsync(ct);
    }

    /// <summary>The events of a run that there are now.</summary>
    public async Task<IReadOnlyList<UnitEvent>> Events(DispatchId id, CancellationToken ct)
    {
        using var answer = await Send(new HttpRequestMessage(HttpMethod.Get, $"/v1/runs/{id}/events"), ct);
        using var events = await JsonDocument.ParseAsync(await answer.Content.ReadAsStreamAsync(ct), cancellationToken: ct);
        return [.. events.RootElement.EnumerateArray().Select(e => Contract.ReadTolerant<UnitEvent>(JsonMarshal.GetRawUtf8Value(e)))];
    }

    /// <summary>The events of a run up to its end, as they come. A connection that breaks is made again from the last event.</summary>
    public async IAsyncEnumerable<UnitEvent> Follow(DispatchId id, [EnumeratorCancellation] CancellationToken ct)
    {
        string? lastId = null;
        for (var attempt = 0; ; attempt++)
        {
            using var answer = await TrySend(() => new HttpRequestMessage(HttpMethod.Get, $"/v1/runs/{id}/events") { Headers = { Accept = { new("text/event-stream") } } }, lastId, attempt, ct);
            if (answer is null)
                continue;

            await foreach (var item in Items(answer, ct))
            {
                (lastId, attempt) = (item.EventId ?? lastId, 0);
                var unitEvent = Contract.ReadTolerant<UnitEvent>(Encoding.UTF8.GetBytes(item.Data));
                yield return unitEvent;
                if (unitEvent is End)
                    yield break;
            }

            if (attempt >= MostAttempts)
                throw BreaksOff("run", id);

            await Task.Delay(Pause, TimeProvider.System, ct);
        }
    }

    public void Dispose() => _http.Dispose();

    private static VexaException BreaksOff(string what, DispatchId run) =>
        new(Stage.Stream, Party.Vexa, "stream-broken", $"The events of the {what} break off again and again.", $"See what became of it: vexa show {run}") { Status = 503 };

    // Null where Vexa was away, and it is worth another try.
    private async Task<HttpResponseMessage?> TrySend(Func<HttpRequestMessage> make, string? lastId, int attempt, CancellationToken ct)
    {
        using var request = make();
        if (lastId is not null)
            request.Headers.Add("Last-Event-ID", lastId);

        try
        {
            return await Send(request, ct);
        }
        catch (VexaException outage) when (outage.Status == 503 && (lastId is not null || attempt > 0) && attempt < MostAttempts)
        {
            await Task.Delay(Pause, TimeProvider.System, ct);
            return null;
        }
    }

    // A stream that breaks off just ends here; whether that was the end, the caller knows from the events.
    private static async IAsyncEnumerable<SseItem<string>> Items(HttpResponseMessage answer, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var items = SseParser.Create(await answer.Content.ReadAsStreamAsync(ct)).EnumerateAsync(ct).GetAsyncEnumerator(ct);
        while (true)
        {
            try
            {
                if (!await items.MoveNextAsync())
                    yield break;
            }
            catch (Exception broken) when (broken is IOException or HttpRequestException)
            {
                yield break;
            }

            yield return items.Current;
        }
    }

    private async Task<T> Get<T>(string path, JsonTypeInfo<T> type, CancellationToken ct) where T : class
    {
        using var answer = await Send(new HttpRequestMessage(HttpMethod.Get, path), ct);
        return await answer.ReadOrThrow(type, ct);
    }

    private async Task<T> Post<T>(string path, HttpContent? content, JsonTypeInfo<T> type, CancellationToken ct) where T : class
    {
        using var answer = await Send(new HttpRequestMessage(HttpMethod.Post, path) { Content = content }, ct);
        return await answer.ReadOrThrow(type, ct);
    }

    private async Task<HttpResponseMessage> Send(HttpRequestMessage request, CancellationToken ct)
    {
        HttpResponseMessage answer;
        try
        {
            answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        }
        catch (HttpRequestException outage)
        {
            throw new VexaException(Stage.Request, Party.Operator, "not-running", _address is null ? "Vexa does not answer." : $"Vexa does not answer at {_address}",
                _address is null ? "Start it with: ./vexa up --detach" : "Check that it runs there, and what VEXA_URL says.", outage)
            { Status = 503 };
        }

        try
        {
            await answer.ThrowOnProblem(ct);
            return answer;
        }
        catch
        {
            answer.Dispose();
            throw;
        }
    }

    private static T Header<T>(HttpResponseMessage answer, string name) where T : struct, IId<T> =>
        Id.Parse<T>(answer.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null);
}

/// <summary>Where a turn went.</summary>
internal sealed record TurnAddress(DispatchId Run, SessionId Session, TurnId Turn);

internal sealed record TurnEvent(TurnAddress Address, UnitEvent Event);
