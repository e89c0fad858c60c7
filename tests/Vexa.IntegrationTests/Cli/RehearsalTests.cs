using System.Net;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json.Nodes;

namespace Vexa.IntegrationTests.Cli;

public sealed class RehearsalTests
{
    private const string Script = """
        rules:
          - { when: { user: busy }, fault: { status: 429, retry_after: 7 } }
          - { when: { user: own body }, fault: { status: 500, body: "<h1>boom</h1>" } }
          - { when: { user: garbage }, fault: garbage }
          - { when: { user: hang }, fault: hang }
          - { when: { user: cut }, fault: close_mid_stream, reply: [{ text: one two three four five six }] }
          - { when: { user: slow }, pace_ms: 5, reply: [{ text: one two three }] }
          - { reply: [{ text: "Hello, you." }, { tool: Write, input: { file_path: a.md, content: x } }] }
        """;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("hello", "Hello, you.")]
    [InlineData("slow", "one two three")]
    public async Task A_stream_is_server_sent_events_that_make_the_answer(string prompt, string text)
    {
        await using var server = await RehearsalProcess.OnSocket(Script);
        using var http = server.Client();
        using var answer = await http.PostAsync(new Uri("/v1/messages?beta=true", UriKind.Relative), RehearsalProcess.Ask(prompt), Ct);

        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
        var events = new List<(string Type, JsonNode Data)>();
        await foreach (var item in SseParser.Create(await answer.Content.ReadAsStreamAsync(Ct)).EnumerateAsync(Ct))
            events.Add((item.EventType, JsonNode.Parse(item.Data)!));
        Assert.All(events, item => Assert.Equal(item.Type, (string?)item.Data["type"]));
        Assert.Equal("message_start", events[0].Type);
        Assert.Equal("message_stop", events[^1].Type);
        Assert.Equal(text, string.Concat(events.Select(item => (string?)item.Data["delta"]?["text"])));
    }

    [Fact]
    public async Task Without_stream_the_answer_is_one_message()
    {
        await using var server = await RehearsalProcess.OnSocket(Script);
        var message = await Json(server, HttpMethod.Post, "/v1/messages", RehearsalProcess.Ask("hello", "false"));

        Assert.Equal("message", (string?)message["type"]);
        Assert.Equal("Hello, you.", (string?)message["content"]![0]!["text"]);
        Assert.Equal("a.md", (string?)message["content"]![1]!["input"]!["file_path"]);
        Assert.Equal("tool_use", (string?)message["stop_reason"]);
    }

    [Fact]
    public async Task Tokens_can_be_counted_and_models_listed()
    {
        await using var server = await RehearsalProcess.OnSocket(Script);

        Assert.True((int)(await Json(server, HttpMethod.Post, "/v1/messages/count_tokens", RehearsalProcess.Ask("hello")))["input_tokens"]! > 10);
        Assert.Equal("rehearsal", (string?)(await Json(server, HttpMethod.Get, "/v1/models", null))["data"]![0]!["id"]);
    }

    [Theory]
    [InlineData("GET", "/v1/nothing", "", 404, "not_found_error")]
    [InlineData("DELETE", "/v1/messages", "", 404, "not_found_error")]
    [InlineData("POST", "/v1/messages", "not json", 400, "invalid_request_error")]
    [InlineData("POST", "/v1/messages", "{}", 400, "invalid_request_error")]
    public async Task Anything_else_is_refused_in_the_protocols_own_way(string method, string path, string body, int status, string type)
    {
        await using var server = await RehearsalProcess.OnSocket(Script);
        using var http = server.Client();
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = new StringContent(body) };
        using var answer = await http.SendAsync(request, Ct);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(type, (string?)JsonNode.Parse(await answer.Content.ReadAsStringAsync(Ct))!["error"]!["type"]);
    }

    [Fact]
    public async Task It_answers_a_head_request_at_its_root()
    {
        await using var server = await RehearsalProcess.OnSocket(Script);
        using var http = server.Client();
        using var request = new HttpRequestMessage(HttpMethod.Head, "/");
        using var answer = await http.SendAsync(request, Ct);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task A_scripted_status_comes_with_its_retry_time_and_error()
    {
        await using var server = await RehearsalProcess.OnSocket(Script);
        using var http = server.Client();
        using var busy = await http.PostAsync(new Uri("/v1/messages", UriKind.Relative), RehearsalProcess.Ask("busy"), Ct);
        using var own = await http.PostAsync(new Uri("/v1/messages", UriKind.Relative), RehearsalProcess.Ask("own body"), Ct);

        Assert.Equal(429, (int)busy.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(7), busy.Headers.RetryAfter?.Delta);
        Assert.Equal("rate_limit_error", (string?)JsonNode.Parse(await busy.Content.ReadAsStringAsync(Ct))!["error"]!["type"]);
        Assert.Equal("<h1>boom</h1>", await own.Content.ReadAsStringAsync(Ct));
    }

    [Fact]
    public async Task A_stream_can_break_off_in_the_middle()
    {
        await using var server = await RehearsalProcess.OnSocket(Script);
        using var http = server.Client();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/messages") { Content = RehearsalProcess.Ask("cut") };
        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Ct);
        await using var body = await answer.Content.ReadAsStreamAsync(Ct);
        var received = new MemoryStream();

        await Assert.ThrowsAnyAsync<IOException>(() => body.CopyToAsync(received, Ct));
        var text = Encoding.UTF8.GetString(received.ToArray());
        Assert.Contains("message_start", text, StringComparison.Ordinal);
        Assert.DoesNotContain("message_stop", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Garbage_is_no_event_of_the_protocol()
    {
        await using var server = await RehearsalProcess.OnSocket(Script);
        using var http = server.Client();
        using var answer = await http.PostAsync(new Uri("/v1/messages", UriKind.Relative), RehearsalProcess.Ask("garbage"), Ct);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.DoesNotContain("message_start", await answer.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hanging_answer_ends_with_the_client_or_the_server()
    {
        var server = await RehearsalProcess.OnSocket(Script);
        using var http = server.Client();
        var asked = http.PostAsync(new Uri("/v1/messages", UriKind.Relative), RehearsalProcess.Ask("hang"), Ct);
        using (var other = await http.PostAsync(new Uri("/v1/messages", UriKind.Relative), RehearsalProcess.Ask("hello"), Ct))
            Assert.Equal(HttpStatusCode.OK, other.StatusCode);

        Assert.False(asked.IsCompleted);
        await server.DisposeAsync();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => asked);
    }

    [Fact]
    public async Task The_socket_is_for_its_owner_only()
    {
        await using var server = await RehearsalProcess.OnSocket(Script);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(server.Socket!));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_told_with_the_mend()
    {
        await using var first = await RehearsalProcess.OnPort(Script);
        var taken = Vexa.Cli.Rehearsal.RehearsalAddress.Port(new Uri(first.Address).Authority);

        var failure = await Assert.ThrowsAsync<VexaException>(() =>
            Vexa.Cli.Rehearsal.RehearsalServer.Run(new Vexa.Cli.Rehearsal.Script { Rules = [] }, taken, _ => { }, Ct));
        Assert.Equal("port-in-use", failure.Rule);
    }

    private static async Task<JsonNode> Json(RehearsalProcess server, HttpMethod method, string path, HttpContent? content)
    {
        using var http = server.Client();
        using var request = new HttpRequestMessage(method, path) { Content = content };
        using var answer = await http.SendAsync(request, Ct);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync(Ct))!;
    }
}
