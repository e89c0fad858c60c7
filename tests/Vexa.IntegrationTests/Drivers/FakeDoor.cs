using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Vexa.IntegrationTests.Drivers;

/// <summary>
/// The agent side of the door, as far as a worker can tell it from the real one: a server on a Unix socket that keeps one stream and one
/// inbox, takes a numbered event once, and can be told to fail.
/// </summary>
internal sealed class FakeDoor : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Lock _gate = new();
    private readonly List<UnitEvent> _events = [];
    private readonly List<UnitMessage> _messages = [];
    private readonly ConcurrentDictionary<string, bool> _bound = new();
    private readonly ConcurrentQueue<(string Path, DoorFault Fault)> _faults = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _last;
    private bool _closed;

    private FakeDoor(string socket)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ListenUnixSocket(socket);
            kestrel.Limits.MaxRequestBodySize = 512 * 1024 * 1024;
        });
        _app = builder.Build();
        _app.Run(Answer);
    }

    /// <summary>The token that is accepted now, besides those that were before.</summary>
    public ConcurrentDictionary<string, bool> Tokens { get; } = new();

    /// <summary>What a renewal hands out; null refuses.</summary>
    public Func<string>? Renew { get; set; }

    public ConcurrentQueue<Bundle> Bundles { get; } = new();

    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>How many events came in each append.</summary>
    public ConcurrentQueue<int> Batches { get; } = new();

    /// <summary>Happens once, when the worker asks to close its inbox and before it is answered.</summary>
    public Func<Task>? BeforeClose { get; set; }

    /// <summary>Frames that the stream has no room for.</summary>
    public Func<UnitEvent, bool> HasNoRoomFor { get; set; } = _ => false;

    /// <summary>Decides about a bundle; null accepts it.</summary>
    public Func<Bundle, Problem?> Judge { get; set; } = _ => null;

    public IReadOnlyList<UnitEvent> Events
    {
        get
        {
            lock (_gate)
                return [.. _events];
        }
    }

    public static async Task<FakeDoor> Start(string socket, string token)
    {
        var door = new FakeDoor(socket) { Tokens = { [token] = true } };
        await door._app.StartAsync();
        return door;
    }

    /// <summary>The next request to a path that begins so fails so; one after another.</summary>
    public void Fail(string path, DoorFault fault, int times = 1)
    {
        for (var i = 0; i < times; i++)
            _faults.Enqueue((path, fault));
    }

    public void Send(UnitMessage message)
    {
        lock (_gate)
            _messages.Add(message with { Seq = _messages.Count + 1 });
        Changed();
    }

    public void Prompt(string turn, string text) => Send(new Prompt(Id.Parse<TurnId>(turn), text, "ada"));

    public void Cancel(string turn) => Send(new Cancel(Id.Parse<TurnId>(turn)));

    /// <summary>Waits until the stream holds such a frame.</summary>
    public async Task<T> Saw<T>(Func<T, bool> isIt) where T : UnitEvent
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(60), TimeProvider.System);
        while (true)
        {
            Task change;
            lock (_gate)
            {
                if (_events.OfType<T>().FirstOrDefault(isIt) is { } found)
                    return found;
                change = _changed.Task;
            }

            await change.WaitAsync(late.Token);
        }
    }

    /// <summary>Waits for the end of a turn and returns all its frames.</summary>
    public async Task<IReadOnlyList<UnitEvent>> TurnOf(string turn)
    {
        await Saw<TurnComplete>(end => end.Turn?.Value == turn);
        return [.. Events.Where(frame => frame.Turn?.Value == turn)];
    }

    public async ValueTask DisposeAsync()
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(1), TimeProvider.System);
        await _app.StopAsync(late.Token);
        await _app.DisposeAsync();
    }

    private void Changed()
    {
        lock (_gate)
        {
            _changed.TrySetResult();
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private async Task Answer(HttpContext http)
    {
        var path = http.Request.Path.Value!;
        Requests.Enqueue($"{http.Request.Method} {path}");
        if (!IsAllowed(http))
        {
            await Refuse(http, 401, "token");
            return;
        }

        DoorFault? fault = _faults.TryPeek(out var next) && path.StartsWith(next.Path, StringComparison.Ordinal) && _faults.TryDequeue(out next) ? next.Fault : null;
        switch (fault)
        {
            case DoorFault.Unavailable:
                http.Response.StatusCode = 503;
                return;
            case DoorFault.DropBefore:
                http.Abort();
                return;
            case DoorFault.Ended:
                await Refuse(http, 409, "dispatch-ended");
                return;
            case DoorFault.BadRequest:
                await Refuse(http, 400, "bad-frame");
                return;
        }

        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        var serve = Serve(http, path, body.ToArray());
        if (fault == DoorFault.DropAfter)
        {
            await serve(new MemoryStream());
            http.Abort();
        }
        else
            await serve(http.Response.Body);
    }

    private Func<Stream, Task> Serve(HttpContext http, string path, byte[] body) => (http.Request.Method, path.Split('/')) switch
    {
        ("POST", [_, "v1", "bind"]) => _ =>
        {
            _bound[http.Connection.Id] = true;
            http.Response.StatusCode = 204;
            return Task.CompletedTask;
        }
        ,
        ("POST", [_, "v1", "events"]) when Read(body, VexaJson.Default.EventAppend).Events.Any(HasNoRoomFor) => _ => Refuse(http, 409, "stream-full"),
        ("POST", [_, "v1", "events"]) => to => Write(to, http, Append(Read(body, VexaJson.Default.EventAppend)), VexaJson.Default.EventAppended),
        ("GET", [_, "v1", "inbox"]) => async to => await Write(to, http, await Inbox(http), VexaJson.Default.Inbox),
        ("POST", [_, "v1", "inbox", "close"]) => async to => await Write(to, http, await Close(Read(body, VexaJson.Default.InboxClose)), VexaJson.Default.InboxClosed),
        ("POST", [_, "v1", "token"]) => to => Renew is { } renew ? Write(to, http, new(renew()), VexaJson.Default.RenewedToken) : Refuse(http, 403, "token"),
        ("POST", [_, "v1", "workspaces", var id, "bundle"]) => to => Receive(to, http, new(Id.Parse<WorkspaceId>(id), http.Request.Query["turn"]!, body)),
        (_, [_, "anthropic", ..]) => to => to.WriteAsync(Encoding.UTF8.GetBytes($"model got {body.Length} bytes at {path}")).AsTask(),
        _ => _ => Refuse(http, 404, "no-such-path"),
    };

    private bool IsAllowed(HttpContext http) =>
        _bound.ContainsKey(http.Connection.Id)
        || (http.Request.Headers.Authorization.ToString() is ['B', 'e', 'a', 'r', 'e', 'r', ' ', .. var token] && Tokens.ContainsKey(token));

    private EventAppended Append(EventAppend append)
    {
        Batches.Enqueue(append.Events.Count);
        lock (_gate)
            for (var i = 0; i < append.Events.Count; i++)
            {
                var number = append.First + i;
                if (number == _last + 1)
                {
                    _last = number;
                    _events.Add(append.Events[i] with { Seq = number });
                }
                else
                    Assert.True(number <= _last, $"Number {number} came after {_last}.");
            }

        Changed();
        return new(_last);
    }

    private async Task<Inbox> Inbox(HttpContext http)
    {
        var after = long.Parse(http.Request.Query["after"]!, CultureInfo.InvariantCulture);
        using var late = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        late.CancelAfter(TimeSpan.FromSeconds(int.Parse(http.Request.Query["wait"]!, CultureInfo.InvariantCulture)));
        while (true)
        {
            Task change;
            lock (_gate)
            {
                if (_messages.Count > after)
                    return new([.. _messages.Skip((int)after)]);
                change = _changed.Task;
            }

            try
            {
                await change.WaitAsync(late.Token);
            }
            catch (OperationCanceledException)
            {
                return new([]);
            }
        }
    }

    private async Task<InboxClosed> Close(InboxClose close)
    {
        var before = BeforeClose;
        BeforeClose = null;
        if (before is not null)
            await before();
        lock (_gate)
            return new(_closed = _messages.Count <= close.After);
    }

    /// <summary>True once the worker may go.</summary>
    public bool InboxIsClosed
    {
        get
        {
            lock (_gate)
                return _closed;
        }
    }

    private async Task Receive(Stream to, HttpContext http, Bundle bundle)
    {
        if (Judge(bundle) is { } problem)
        {
            await Refuse(http, problem);
            return;
        }

        Bundles.Enqueue(bundle);
        await Write(to, http, new CommitResult { Workspace = bundle.Workspace, Sha = "0" }, VexaJson.Default.CommitResult);
    }

    private static T Read<T>(byte[] body, JsonTypeInfo<T> type) => JsonSerializer.Deserialize(body, type)!;

    private static async Task Write<T>(Stream to, HttpContext http, T value, JsonTypeInfo<T> type)
    {
        if (to == http.Response.Body)
            http.Response.ContentType = "application/json";
        await to.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(value, type));
    }

    public static Problem ProblemOf(int status, string rule) =>
        Problem.From(new VexaException(Stage.Door, Party.Agent, rule, $"The door says {rule}.", "Mend it."), status);

    private static Task Refuse(HttpContext http, int status, string rule) => Refuse(http, ProblemOf(status, rule));

    private static async Task Refuse(HttpContext http, Problem problem)
    {
        http.Response.StatusCode = problem.Status;
        http.Response.ContentType = Problem.MediaType;
        await http.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(problem, VexaJson.Default.Problem));
    }
}

internal sealed record Bundle(WorkspaceId Workspace, string Turn, byte[] Bytes);

internal enum DoorFault
{
    /// <summary>503.</summary>
    Unavailable,
    /// <summary>The connection breaks before anything was done.</summary>
    DropBefore,
    /// <summary>It was done, but the connection breaks before the answer.</summary>
    DropAfter,
    /// <summary>409, for good.</summary>
    Ended,
    /// <summary>400.</summary>
    BadRequest,
}
