using Vexa.Hosting;
using Vexa.IntegrationTests.Cli;
using Vexa.IntegrationTests.Drivers;

namespace Vexa.IntegrationTests.Dispatches;

/// <summary>What an agent finds when it looks around: nothing. Looked for from inside, as the agent.</summary>
[Collection(nameof(SharedStack))]
public sealed class IsolationTests(StackFixture fixture)
{
    private RunningStack Stack => fixture.Stack;

    [Fact]
    public async Task There_is_no_network_interface_but_loopback_no_route_and_no_resolver()
    {
        var log = await Stack.Ask("ls /sys/class/net; echo --; wc -l < /proc/net/route; cat /etc/resolv.conf 2>/dev/null | grep -c nameserver; getent hosts example.com || echo unresolved");
        Assert.Equal(["lo", "--", "1", "0", "unresolved"], Lines(log));
    }

    [Fact]
    public async Task There_is_no_key_no_redis_address_and_no_socket_but_the_door()
    {
        // The pattern is cut in two, so that the question is not its own answer.
        var log = await Stack.Ask("(env; cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n') | grep -ciE 'red''is|VEXA_TO''KEN|VEXA_INFER''ENCE|sk-a''nt'; find / -xdev -type s 2>/dev/null ; find /run /var/run /dev -name '*.sock' 2>/dev/null | sort -u");
        Assert.Equal(["0", "/run/vexa/door.sock"], Lines(log));
    }

    [Fact]
    public async Task It_is_nobody_with_no_capability_and_cannot_become_more()
    {
        var log = await Stack.Ask("id -u; grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status | awk '{print $2}'; touch /usr/x 2>&1 | grep -o 'Read-only file system'; unshare -Ur true 2>&1 | grep -c 'not permitted'");
        Assert.Equal(["10001", .. Enumerable.Repeat("0000000000000000", 5), "1", "2", "Read-only file system", "1"], Lines(log));
    }

    [Fact]
    public async Task Another_installation_that_starts_on_the_node_leaves_our_containers_alone()
    {
        var log = new TurnLog();
        var turn = Stack.Chat(log, "echo alive; exec sleep 300").GetAsyncEnumerator();
        while (log.Text.Length == 0)
            Assert.True(await turn.MoveNextAsync());

        await using (var other = new OwnStack())
        {
            other.UseImages();
            await other.Up();
        }

        Assert.Equal(RunState.Running, (await Stack.ReadRun(log.Dispatch)).State);
        using var cancelled = await Stack.Api.PostAsync(new Uri($"/v1/runs/{log.Dispatch}/cancel", UriKind.Relative), content: null);
        await cancelled.ThrowOnProblem(CancellationToken.None);
        while (await turn.MoveNextAsync())
        {
        }

        Assert.Contains(log.Events.OfType<Error>(), error => error.Message.Contains("cancelled", StringComparison.Ordinal));
        await turn.DisposeAsync();
    }

    [Fact]
    public async Task A_workspace_mounted_ro_cannot_be_written_and_gets_no_commit()
    {
        var home = await Stack.CreateWorkspace("iso-home", new Dictionary<string, string>());
        var company = await Stack.CreateWorkspace("iso-company", new Dictionary<string, string> { ["facts.md"] = "facts\n" });
        var log = await Stack.Ask(
            "cat /workspaces/iso-company/facts.md; echo x 2>&1 > /workspaces/iso-company/x; (echo x > /workspaces/iso-company/facts.md) 2>&1 | grep -o 'Read-only file system'; echo y > y.txt",
            workspaces: [new(home, AccessMode.Rw), new(company, AccessMode.Ro)]);

        Assert.Contains("facts", Lines(log));
        Assert.Contains("Read-only file system", Lines(log));
        Assert.Equal(home, Assert.Single(log.Events.OfType<Commit>()).Workspace);
    }

    [Fact]
    public async Task A_bundle_for_a_workspace_that_is_ro_is_refused_at_the_door()
    {
        var home = await Stack.CreateWorkspace("door-home", new Dictionary<string, string>());
        var company = await Stack.CreateWorkspace("door-company", new Dictionary<string, string> { ["facts.md"] = "facts\n" });
        var log = await Stack.Ask(Curl("POST", "/v1/workspaces/door-company/bundle?turn=t-1", "x"), workspaces: [new(home, AccessMode.Rw), new(company, AccessMode.Ro)]);
        Assert.Contains("workspace-read-only", log.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"type":"commit","turn":"t-1","workspace":"home","sha":"0000000000000000000000000000000000000000","files":1,"insertions":1,"deletions":0}""")]
    [InlineData("""{"type":"end","turn":"t-1","reason":"completed"}""")]
    [InlineData("""{"type":"turn-accepted","turn":"t-1","by":"user:owner"}""")]
    [InlineData("""{"type":"usage","turn":"t-1","input_tokens":0,"output_tokens":0,"model":"free"}""")]
    public async Task A_frame_that_states_a_fact_of_the_trusted_side_is_not_the_agents_to_write(string frame)
    {
        var log = await Stack.Ask(Curl("POST", "/v1/events", $$"""{"first":1,"events":[{{frame}}]}"""));
        Assert.Contains("\"pointer\":\"/events/0/type\"", log.Text, StringComparison.Ordinal);
        Assert.True(log.Complete.Ok);
    }

    [Theory]
    [InlineData("/anthropic/v1/messages")]
    [InlineData("/anthropic/v1/messages/count_tokens")]
    public async Task A_model_call_cannot_send_the_provider_out(string path)
    {
        var log = await Stack.Ask(Curl("POST", path, """{"model":"m","max_tokens":1,"messages":[],"tools":[{"type":"web_fetch_20250910","name":"web_fetch"}]}"""));
        Assert.Contains("may not make the provider", log.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/listeners/d-1")]
    [InlineData("/health")]
    [InlineData("/internal/workspaces/home/bundle")]
    [InlineData("/v1/runs")]
    [InlineData("/anthropic/v1/files")]
    [InlineData("/anthropic/../health")]
    public async Task The_door_shows_an_agent_nothing_but_its_own_few_paths(string path)
    {
        var log = await Stack.Ask(Curl("GET", path));
        Assert.Matches("no-such-path|not_found_error|no-such-method", log.Text);
    }

    [Theory]
    [InlineData("eyJhbGciOiJub25lIn0.e30.")]
    [InlineData("garbage")]
    [InlineData("")]
    public async Task Without_the_right_token_the_door_says_401_even_from_inside(string token)
    {
        var log = await Stack.Ask(Curl("GET", "/v1/inbox?after=0&wait=0", token: token));
        Assert.Matches("token-invalid|token-missing", log.Text);
    }

    [Fact]
    public async Task A_token_of_another_dispatch_is_refused_though_it_is_rightly_signed()
    {
        var first = await Stack.Ask("cat /run/vexa/token/token; echo", idle: 30);
        var log = await Stack.Ask(Curl("GET", "/v1/inbox?after=0&wait=0", token: first.Text.Trim()));
        Assert.Contains("token-dispatch", log.Text, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Lines(TurnLog log) => log.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    // No curl in the image: the door's HTTP over its socket, by perl, which Debian's base brings.
    private static string Curl(string method, string path, string body = "", string? token = null)
    {
        var bearer = token is null ? "'.`cat /run/vexa/token/token`.'" : token;
        return $$"""
            cat > /tmp/ask.pl <<'PERL'
            use IO::Socket::UNIX;
            my $s = IO::Socket::UNIX->new(Peer => '/run/vexa/door.sock') or die $!;
            my $body = do { local $/; <STDIN> }; chomp $body;
            print $s '{{method}} {{path}} HTTP/1.1'."\r\n".'Host: door'."\r\n".'Connection: close'."\r\n".'Authorization: Bearer {{bearer}}'."\r\nContent-Length: ".length($body)."\r\n\r\n".$body;
            $s->flush; print while <$s>;
            PERL
            perl /tmp/ask.pl <<'BODY'
            {{body}}
            BODY
            """;
    }
}
