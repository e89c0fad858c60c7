using System.Net;
using System.Text;
using System.Text.Json;
using Vexa.Hosting;
using Vexa.IntegrationTests.Drivers;

namespace Vexa.IntegrationTests.Dispatches;

/// <summary>Bad input gets one clear error that names the cause and the mend, and loses nothing.</summary>
[Collection(nameof(SharedStack))]
public sealed class BadInputTests(StackFixture fixture)
{
    private RunningStack Stack => fixture.Stack;

    [Theory]
    [InlineData("""{"prompt":"x","runner":"nobody"}""", "unknown-runner", 404)]
    [InlineData("""{"prompt":"x","workspaces":[{"id":"nowhere","mode":"rw"}]}""", "unknown-workspace", 404)]
    [InlineData("""{"prompt":"x","session":"s-nowhere"}""", "unknown-session", 404)]
    [InlineData("""{"prompt":"x","workspaces":[{"id":"../etc","mode":"rw"}]}""", "bad-json", 400)]
    [InlineData("""{"prompt":"x","workspaces":[{"id":"home","mode":"admin"}]}""", "bad-json", 400)]
    [InlineData("""{"prompt":"x","workspaces":[]}""", "bad-json", 400)]
    [InlineData("""{"prompt":"x","workspaces":[{"id":"home","mode":"rw"},{"id":"home","mode":"ro"}]}""", "workspaces-twice", 400)]
    [InlineData("""{"prompt":"x","turn_id":"A/B"}""", "bad-json", 400)]
    [InlineData("""{"prompt":"x","limits":{"idle_seconds":0}}""", "bad-json", 400)]
    [InlineData("""{"prompt":""}""", "prompt-empty", 400)]
    [InlineData("""{"prompt":"a\u0000b"}""", "prompt-characters", 400)]
    [InlineData("""{"prompt":"x","admin":true}""", "bad-json", 400)]
    [InlineData("""{"prompt":"x","prompt":"y"}""", "bad-json", 400)]
    [InlineData("""{"prompt":""", "bad-json", 400)]
    [InlineData("null", "bad-json", 400)]
    [InlineData("<html>", "bad-json", 400)]
    [InlineData("", "bad-json", 400)]
    public async Task A_wrong_message_is_refused_by_name(string body, string rule, int status)
    {
        var problem = await Refusal("/v1/chat", Encoding.UTF8.GetBytes(body));

        Assert.Equal((rule, status), (problem.Rule, problem.Status));
        Assert.NotEmpty(problem.Hint);
    }

    [Fact]
    public async Task An_id_of_ten_kilobytes_is_refused_in_few_words()
    {
        using var answer = await Stack.Api.GetAsync(new Uri($"/v1/runs/{new string('a', 8000)}", UriKind.Relative), TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.True(text.Length < 1000);
    }

    [Fact]
    public async Task A_prompt_of_five_megabytes_is_too_large() =>
        Assert.Equal(413, (await Refusal("/v1/chat", JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { ["prompt"] = new('x', 5_000_000) }))).Status);

    [Fact]
    public async Task A_prompt_just_over_the_limit_names_the_limit() =>
        Assert.Equal("prompt-too-large", (await Refusal("/v1/chat", JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { ["prompt"] = new('x', ChatRequest.LongestPrompt + 1) }))).Rule);

    [Theory]
    [InlineData("")]
    [InlineData("vexa_000000000000_AAAA")]
    [InlineData("eyJhbGciOiJub25lIn0.e30.")]
    public async Task Without_a_token_that_is_known_nothing_is_told(string token)
    {
        using var http = new HttpClient { BaseAddress = Stack.Address };
        if (token.Length > 0)
            http.DefaultRequestHeaders.Authorization = new("Bearer", token);

        foreach (var path in (string[])["/v1/runs", "/v1/workspaces", "/v1/runs/d-1/events"])
        {
            using var answer = await http.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        }
    }

    [Fact]
    public void The_first_token_is_kept_as_a_hash_only() => Assert.Empty(Plaintext.Find(Stack.Data, Stack.Token.Split('_')[2]));

    [Theory]
    [InlineData("99999", "cursor-future")]
    [InlineData("-1", "cursor-shape")]
    [InlineData("x", "cursor-shape")]
    public async Task A_cursor_that_cannot_be_is_refused(string cursor, string rule)
    {
        var log = await Stack.Ask("echo hello");
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/runs/{log.Dispatch}/events");
        request.Headers.TryAddWithoutValidation("Last-Event-ID", cursor);
        using var answer = await Stack.Api.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(rule, (await Assert.ThrowsAsync<VexaException>(() => answer.ThrowOnProblem(TestContext.Current.CancellationToken))).Rule);
    }

    [Fact]
    public async Task A_cursor_without_a_turn_that_it_belongs_to_starts_nothing()
    {
        var before = await Runs();
        var refused = await Assert.ThrowsAsync<VexaException>(async () =>
        {
            await foreach (var _ in Stack.Chat(new TurnLog(), "echo hello", after: 3))
            {
            }
        });

        Assert.Equal(("cursor-turn", 400), (refused.Rule, refused.Status));
        Assert.Equal(before, await Runs());

        async Task<IEnumerable<string>> Runs()
        {
            using var runs = JsonDocument.Parse((await Stack.Vexa("runs", "--json")).Output);
            return [.. runs.RootElement.GetProperty("runs").EnumerateArray().Select(r => r.GetProperty("id").GetString()!)];
        }
    }

    [Theory]
    [InlineData("Fault 401")]
    [InlineData("Fault 429")]
    [InlineData("Fault 500")]
    [InlineData("Fault garbage")]
    public async Task A_model_that_fails_ends_the_turn_with_its_cause_and_the_mend(string prompt)
    {
        var log = await Stack.Ask(prompt, runner: "claude-code");

        Assert.False(log.Complete.Ok);
        Assert.NotEmpty(log.Error!.Hint);
        var run = await Stack.AwaitEnd(log.Dispatch);
        Assert.Equal(log.Error.Message, Assert.Single(run.Turns).Error);
    }

    [Theory]
    [InlineData("exit 3")]
    [InlineData("head -c 200000 /dev/urandom")]
    [InlineData("yes garbage | head -c 50000000")]
    [InlineData("true")]
    public async Task A_runner_that_says_garbage_nothing_or_too_much_still_ends_its_turn_once(string prompt)
    {
        var log = await Stack.Ask(prompt);
        Assert.Equal(prompt is not ("exit 3" or "true"), log.Complete.Ok);
        Assert.Equal(log.Complete.Ok, log.Error is null);
    }

    private async Task<Problem> Refusal(string path, byte[] body)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new("application/json");
        using var answer = await Stack.Api.PostAsync(new Uri(path, UriKind.Relative), content, TestContext.Current.CancellationToken);
        Assert.Equal(Problem.MediaType, answer.Content.Headers.ContentType?.MediaType);
        return JsonSerializer.Deserialize(await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken), VexaJson.Default.Problem)!;
    }
}
