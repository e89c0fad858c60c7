using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Vexa.Hosting;
using Vexa.Identity;
using Vexa.Runtime;

namespace Vexa.IntegrationTests.Runtime;

/// <summary>The role as control meets it: by its socket, with real tokens.</summary>
[Collection("runtime")]
public sealed class RuntimeOverHttp
{
    [Fact]
    public async Task A_workload_is_created_watched_and_removed_by_its_socket()
    {
        await using var role = await ServedRole.Start();
        var spec = role.Node.Spec("echo hello; cat /run/vexa/token/token; sleep 1000", mounts: role.Node.Mount(AccessMode.Ro));
        var token = role.Token(spec.Id, AccessMode.Ro, Audience.Runtime);

        var (created, status) = await role.Post(spec, token);
        Assert.Equal((HttpStatusCode.Created, WorkloadState.Running), (created, status!.State));
        Assert.Equal(HttpStatusCode.OK, (await role.Post(spec, token)).Code);
        Assert.Equal([spec.Id], (await role.Get("/workloads", VexaJson.Default.WorkloadList)).Workloads.Select(s => s.Id));

        var waiting = role.Get($"/workloads/{spec.Id}?wait=30", VexaJson.Default.WorkloadStatus);
        using var deleted = await role.Client.DeleteAsync($"/workloads/{spec.Id}?reason=idle_timeout&grace_ms=100", TestNode.Ct);
        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        Assert.Equal(StopReason.IdleTimeout, (await waiting).StopReason);
        Assert.Equal(WorkloadState.Destroyed, (await role.Get($"/workloads/{spec.Id}", VexaJson.Default.WorkloadStatus)).State);
        Assert.Equal("hello\nthe.dispatch.token", await role.Client.GetStringAsync($"/workloads/{spec.Id}/logs", TestNode.Ct));
        Assert.Contains($"Bearer {token}", role.Node.Neighbours.Tokens);
        role.Node.AssertNothingLeft();

        using var health = await role.Client.GetAsync("/health", TestNode.Ct);
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode($"{role.Node.Run}/runtime.sock"));
    }

    [Fact]
    public async Task What_the_token_does_not_grant_is_refused()
    {
        await using var role = await ServedRole.Start();
        var spec = role.Node.Spec("true", mounts: role.Node.Mount(AccessMode.Rw));
        await Refused(null, spec, 401, "token-missing");
        await Refused(role.Token(spec.Id, AccessMode.Rw, Audience.Door), spec, 401, "token-audience");
        await Refused(role.Token(spec.Id, AccessMode.Rw, Audience.Runtime) + "x", spec, 401, "token-invalid");
        await Refused(role.Token(Id.Parse<DispatchId>("another"), AccessMode.Rw, Audience.Runtime), spec, 403, "dispatch-mismatch");
        await Refused(role.Token(spec.Id, AccessMode.Ro, Audience.Runtime), spec, 403, "mount-not-granted");
        await Refused(role.Token(spec.Id, AccessMode.Rw, Audience.Runtime), spec with { Mounts = [role.Node.Mount(AccessMode.Ro, "other")] }, 403, "mount-not-granted");
        await Refused(role.Token(spec.Id, AccessMode.Rw, Audience.Runtime), spec with { Mounts = [role.Node.Mount(AccessMode.Rw) with { Path = "/etc" }] }, 400, "bad-json");
        role.Node.AssertNothingLeft();
        Assert.Empty(role.Node.Neighbours.Tokens);

        async Task Refused(string? token, WorkloadSpec refused, int status, string rule)
        {
            var failure = await Assert.ThrowsAsync<VexaException>(() => role.Post(refused, token));
            Assert.Equal((status, rule), (failure.Status, failure.Rule));
        }
    }

    [Theory]
    [InlineData("GET", "/workloads/unknown", 404, "unknown-workload")]
    [InlineData("GET", "/workloads/Bad_Id", 400, "id-grammar")]
    [InlineData("GET", "/workloads/unknown?wait=31", 400, "bad-query")]
    [InlineData("DELETE", "/workloads/unknown?reason=bored", 400, "bad-query")]
    [InlineData("DELETE", "/workloads/unknown?grace_ms=-1", 400, "bad-query")]
    [InlineData("DELETE", "/workloads/unknown", 404, "unknown-workload")]
    [InlineData("GET", "/nothing", 404, "no-such-path")]
    public async Task A_bad_request_is_told_what_is_wrong(string method, string path, int status, string rule)
    {
        await using var role = await ServedRole.Start();
        using var response = await role.Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path), TestNode.Ct);
        var failure = await Assert.ThrowsAsync<VexaException>(() => response.ThrowOnProblem(TestNode.Ct));
        Assert.Equal((status, rule), ((int)response.StatusCode, failure.Rule));
    }

    [Fact]
    public async Task When_the_role_ends_a_long_poll_is_answered_and_containers_are_gone()
    {
        await using var role = await ServedRole.Start();
        var spec = role.Node.Spec("trap '' TERM; sleep 1000");
        await role.Post(spec, role.Token(spec.Id, AccessMode.Ro, Audience.Runtime));
        var waiting = role.Get($"/workloads/{spec.Id}?wait=30", VexaJson.Default.WorkloadStatus);
        await role.Stop();
        _ = await waiting;
        role.Node.AssertNothingMounted();
    }

    private sealed class ServedRole : IAsyncDisposable
    {
        private readonly string _keys = Directory.CreateTempSubdirectory("vexa-keys-").FullName;
        private readonly CancellationTokenSource _stop = new();
        private readonly SigningKey _key;
        private readonly Task _running;

        private ServedRole(TestNode node)
        {
            Node = node;
            _key = SigningKey.LoadOrCreate(_keys);
            _running = RuntimeRole.Run(node.Options, _keys, _stop.Token);
            Client = UnixHttp.Client($"{node.Run}/runtime.sock");
        }

        public TestNode Node { get; }

        public HttpClient Client { get; }

        public static async Task<ServedRole> Start()
        {
            var node = await TestNode.Start();
            await node.Role.Close();
            node.Forget();
            var served = new ServedRole(node);
            await TestNode.Until(() => served._running.IsCompleted || Mode($"{node.Run}/runtime.sock") == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
            return served;

            // Its mode is narrowed once it listens.
            static UnixFileMode Mode(string socket) => File.Exists(socket) ? File.GetUnixFileMode(socket) : 0;
        }

        public string Token(DispatchId id, AccessMode mode, string audience) => new TokenMint(_key, TimeProvider.System).Mint(
            Grant.Of(new Dispatch
            {
                Id = id,
                Identity = new DispatchIdentity { Subject = Id.Parse<SubjectId>("ann"), Launcher = Launcher.User(Id.Parse<SubjectId>("ann")) },
                Runner = Id.Parse<RunnerName>("test"),
                Workspaces = [new WorkspaceAccess(Id.Parse<WorkspaceId>("notes"), mode)],
                Start = new DispatchStart(),
                Origin = new DispatchOrigin { Trigger = Trigger.Message },
            }), audience, TimeSpan.FromMinutes(1));

        public async Task<(HttpStatusCode Code, WorkloadStatus? Status)> Post(WorkloadSpec spec, string? token)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/workloads")
            {
                Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(new WorkloadCreate(spec, "the.dispatch.token"), VexaJson.Default.WorkloadCreate)),
            };
            request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
            using var response = await Client.SendAsync(request, TestNode.Ct);
            return (response.StatusCode, await response.ReadOrThrow(VexaJson.Default.WorkloadStatus, TestNode.Ct));
        }

        public async Task<T> Get<T>(string path, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) where T : class
        {
            using var response = await Client.GetAsync(path, TestNode.Ct);
            return await response.ReadOrThrow(type, TestNode.Ct);
        }

        public async Task Stop()
        {
            await _stop.CancelAsync();
            await _running.WaitAsync(TimeSpan.FromSeconds(20));
        }

        public async ValueTask DisposeAsync()
        {
            await Stop();
            Client.Dispose();
            _key.Dispose();
            _stop.Dispose();
            await Node.DisposeAsync();
            Directory.Delete(_keys, recursive: true);
        }
    }
}
