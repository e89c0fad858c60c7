using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Vexa.Hosting;
using Vexa.Identity;
using Vexa.Runtime;
using Vexa.Runtime.Workloads;
using Vexa.Schemas;

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
        await role.AssertNothingLeft();

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
        await role.AssertNothingLeft();
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

    [Fact]
    public async Task A_full_node_says_so_and_when_to_ask_again_and_takes_the_next_one_when_the_first_has_ended()
    {
        await using var role = await ServedRole.Start(options => options with { MaxWorkloads = 1, MaxPerSubject = 2, MaxQueued = 0 });
        var (first, second) = (role.Node.Spec("sleep 1000"), role.Node.Spec("echo second"));
        using (var room = await role.Client.GetAsync("/room?subject=ann", TestNode.Ct))
            Assert.Equal(HttpStatusCode.NoContent, room.StatusCode);
        await role.Post(first, role.Token(first.Id, AccessMode.Ro, Audience.Runtime));

        using (var room = await role.Client.GetAsync("/room?subject=ann", TestNode.Ct))
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, room.StatusCode);
            Assert.Equal(TimeSpan.FromSeconds(10), room.Headers.RetryAfter?.Delta);
        }

        var full = await Assert.ThrowsAsync<VexaException>(() => role.Post(second, role.Token(second.Id, AccessMode.Ro, Audience.Runtime)));
        Assert.Equal((429, "node-full", TimeSpan.FromSeconds(10)), (full.Status, full.Rule, full.RetryAfter));
        Assert.Equal([first.Id], (await role.Get("/workloads", VexaJson.Default.WorkloadList)).Workloads.Select(s => s.Id));

        using var deleted = await role.Client.DeleteAsync($"/workloads/{first.Id}?grace_ms=0", TestNode.Ct);
        Assert.Equal(HttpStatusCode.Created, (await role.Post(second, role.Token(second.Id, AccessMode.Ro, Audience.Runtime))).Code);
    }

    [Fact]
    public async Task A_place_is_its_tokens_subjects_also_where_the_spec_names_none()
    {
        await using var role = await ServedRole.Start(options => options with { MaxWorkloads = 3, MaxPerSubject = 1, MaxQueued = 0 });
        var (hers, another, his) = (role.Node.Spec("sleep 1000"), role.Node.Spec("sleep 1000"), role.Node.Spec("sleep 1000"));
        Assert.Equal(HttpStatusCode.Created, (await role.Post(hers, role.Token(hers.Id, AccessMode.Ro, Audience.Runtime))).Code);
        var full = await Assert.ThrowsAsync<VexaException>(() => role.Post(another, role.Token(another.Id, AccessMode.Ro, Audience.Runtime)));
        Assert.Equal((429, "subject-full"), (full.Status, full.Rule));
        Assert.Equal(HttpStatusCode.Created, (await role.Post(his, role.Token(his.Id, AccessMode.Ro, Audience.Runtime, subject: "bob"))).Code);
        using var room = await role.Client.GetAsync("/room?subject=bob", TestNode.Ct);
        Assert.Equal(HttpStatusCode.TooManyRequests, room.StatusCode);
    }

    [Fact]
    public async Task Bad_input_is_refused_with_its_rule_and_leaves_nothing()
    {
        await using var role = await ServedRole.Start();
        var good = role.Node.Spec("true");
        await Refused(good with { Image = "nowhere" }, 503, "image-missing", "no image 'nowhere'");
        await Refused(good with { Argv = ["/bin/sh", "a\0b"] }, 400, "bad-json", "NUL");
        await Refused(good with { Env = new Dictionary<string, string> { ["A"] = "b\0" } }, 400, "bad-json", "NUL");
        await Refused(good with { Env = Many(9) }, 400, "workload-spec", "524288");
        await Refused(good with { Env = Many(5) }, 400, "workload-spec", "524288");
        await Refused(good with { Env = new Dictionary<string, string> { ["A"] = new string('x', 131_071) } }, 400, "workload-spec", "131071 bytes");
        foreach (var limits in new WorkloadLimits[]
                 {
                     new() { Cpu = 0 }, new() { Cpu = -1 }, new() { MemoryMb = 0 }, new() { MemoryMb = int.MinValue }, new() { Pids = 0 }, new() { TmpfsMb = -5 },
                     new() { WallSeconds = 0 }, new() { IdleSeconds = -1 }, new() { WallSeconds = int.MaxValue }, new() { Pids = 1_000_000 },
                 })
            await Refused(good with { Limits = limits }, 400, "bad-json", "/spec/limits/");
        await Refused(good with { Limits = new WorkloadLimits { Cpu = 256 } }, 400, "workload-spec", $"256 processors are asked for, and this node has {Environment.ProcessorCount}");
        await Refused(good with { Limits = new WorkloadLimits { MemoryMb = 1_048_576 } }, 400, "workload-spec", "1048576 MiB are asked for, and this node has ");
        await Refused(good with { Limits = new WorkloadLimits { TmpfsMb = 1_048_576 } }, 400, "workload-spec", "limits.tmpfs_mb");
        await Refused(good with { Isolation = Isolation.Kata }, 400, "workload-spec", "runc and gvisor");
        await role.AssertNothingLeft();

        // As much as is taken does run.
        var large = role.Node.Spec("env | wc -c") with { Env = Many(4) };
        await role.Post(large, role.Token(large.Id, AccessMode.Ro, Audience.Runtime));
        Assert.Equal(StopReason.Completed, (await role.Get($"/workloads/{large.Id}?wait=30", VexaJson.Default.WorkloadStatus)).StopReason);

        async Task Refused(WorkloadSpec spec, int status, string rule, string text)
        {
            var failure = await Assert.ThrowsAsync<VexaException>(() => role.Post(spec, role.Token(spec.Id, AccessMode.Ro, Audience.Runtime)));
            Assert.Equal((status, rule), (failure.Status, failure.Rule));
            Assert.Contains(text, failure.Message, StringComparison.Ordinal);
            Assert.NotEmpty(failure.Hint);
        }

        static Dictionary<string, string> Many(int count) => Enumerable.Range(0, count).ToDictionary(number => $"A{number}", _ => new string('x', 125_000));
    }

    [Theory]
    [InlineData("{", "image-corrupt", "image.json cannot be read")]
    [InlineData("null", "image-corrupt", "image.json is empty")]
    [InlineData("""{"name":"agent"}""", "image-corrupt", "image.json cannot be read")]
    [InlineData("""{"name":"agent","digest":"sha256:0","base":"base-gone","built_at":"2026-01-01T00:00:00Z"}""", "image-corrupt", "base-gone is gone")]
    [InlineData("""{"name":"agent","digest":"sha256:0","base":"base-gone","architecture":"s390x","built_at":"2026-01-01T00:00:00Z"}""", "image-architecture", "is for s390x, and this node is ")]
    public async Task An_image_that_cannot_be_used_is_named_with_what_is_wrong_with_it(string record, string rule, string text)
    {
        var images = Directory.CreateTempSubdirectory("vexa-images-").FullName;
        try
        {
            Directory.CreateDirectory($"{images}/agent/layers");
            await File.WriteAllTextAsync($"{images}/agent/image.json", record, TestNode.Ct);
            await using var role = await ServedRole.Start(options => options with { ImagesFolder = images });
            var spec = role.Node.Spec("true");
            var failure = await Assert.ThrowsAsync<VexaException>(() => role.Post(spec, role.Token(spec.Id, AccessMode.Ro, Audience.Runtime)));
            Assert.Equal((503, rule), (failure.Status, failure.Rule));
            Assert.Contains(text, failure.Message, StringComparison.Ordinal);
            Assert.Contains("./vexa image build", failure.Hint, StringComparison.Ordinal);
            await role.AssertNothingLeft();
        }
        finally
        {
            Directory.Delete(images, recursive: true);
        }
    }

    [Fact]
    public async Task Two_creates_of_one_id_with_different_specs_run_one_and_refuse_the_other()
    {
        await using var role = await ServedRole.Start();
        var one = role.Node.Spec("sleep 1000");
        var token = role.Token(one.Id, AccessMode.Ro, Audience.Runtime);
        var both = await Task.WhenAll(new[] { one, one with { Argv = ["/bin/sleep", "1001"] } }.Select(async spec =>
        {
            try
            {
                return (await role.Post(spec, token)).Code.ToString();
            }
            catch (VexaException refused)
            {
                return $"{refused.Status} {refused.Rule}";
            }
        }));
        Assert.Equal(["409 workload-conflict", "Created"], both.Order(StringComparer.Ordinal));
        Assert.Equal([one.Id], (await role.Get("/workloads", VexaJson.Default.WorkloadList)).Workloads.Select(s => s.Id));
    }

    [Fact]
    public async Task A_stop_before_the_start_has_finished_is_heard_by_both()
    {
        await using var role = await ServedRole.Start();
        var arrived = new TaskCompletionSource();
        using var go = new ManualResetEventSlim();
        role.Node.Neighbours.Serve("notes", commit =>
        {
            arrived.TrySetResult();
            go.Wait(TimeSpan.FromSeconds(20));
            return role.Node.Repository.Bundle(commit);
        });
        var spec = role.Node.Spec("sleep 1000", mounts: role.Node.Mount(AccessMode.Ro));
        var creating = role.Post(spec, role.Token(spec.Id, AccessMode.Ro, Audience.Runtime));
        await arrived.Task;
        using var deleted = await role.Client.DeleteAsync($"/workloads/{spec.Id}", TestNode.Ct);
        go.Set();
        Assert.Equal(StopReason.Cancelled, (await deleted.ReadOrThrow(VexaJson.Default.WorkloadStatus, TestNode.Ct)).StopReason);
        var failure = await Assert.ThrowsAsync<VexaException>(() => creating);
        Assert.Equal((409, "stopped-while-starting"), (failure.Status, failure.Rule));
        await role.AssertNothingLeft();
    }

    [Fact]
    public async Task What_happens_is_told_line_by_line_as_its_contract_says_to_all_who_follow()
    {
        await using var role = await ServedRole.Start();
        var followers = Enumerable.Range(0, 3).Select(_ => Follow()).ToList();
        var spec = role.Node.Spec("exit 3");
        await role.Post(spec, role.Token(spec.Id, AccessMode.Ro, Audience.Runtime));

        WorkloadState[] expected = [WorkloadState.Starting, WorkloadState.Running, WorkloadState.Stopped, WorkloadState.Destroyed];
        foreach (var events in await Task.WhenAll(followers).WaitAsync(TimeSpan.FromSeconds(30), TestNode.Ct))
        {
            Assert.Equal(expected, events.Select(happened => happened.State));
            Assert.Equal([1, 2, 3, 4], events.Select(happened => happened.Seq));
            Assert.Equal((StopReason.Failed, 3), (events[^1].StopReason, events[^1].ExitCode));
        }

        var told = (await role.Client.GetStringAsync($"/workloads/{spec.Id}/events", TestNode.Ct)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(expected, told.Select(Read).Select(happened => happened.State));

        async Task<List<WorkloadEvent>> Follow()
        {
            using var response = await role.Client.GetAsync("/events", HttpCompletionOption.ResponseHeadersRead, TestNode.Ct);
            Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType?.MediaType);
            using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(TestNode.Ct));
            var events = new List<WorkloadEvent>();
            while (events.LastOrDefault()?.State != WorkloadState.Destroyed && await lines.ReadLineAsync(TestNode.Ct) is { } line)
                events.Add(Read(line));
            return events;
        }

        // By its schema first.
        static WorkloadEvent Read(string line) => Contract.Read(Encoding.UTF8.GetBytes(line), VexaJson.Default.WorkloadEvent);
    }

    [Fact]
    public async Task Behind_a_fallen_wall_nothing_is_started_and_health_says_which_it_is()
    {
        var fake = new FakeBackend { ProofSays = "user=open" };
        await using var role = await ServedRole.Start(around: _ => fake);
        var spec = role.Node.Spec("sleep 1000");
        var refused = await Assert.ThrowsAsync<VexaException>(() => role.Post(spec, role.Token(spec.Id, AccessMode.Ro, Audience.Runtime)));
        Assert.Equal((503, Stage.RuntimeStart, "isolation-unproven"), (refused.Status, refused.Stage, refused.Rule));
        Assert.Contains("user", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(spec.Id, fake.Known);
        Assert.Empty((await role.Get("/workloads", VexaJson.Default.WorkloadList)).Workloads);

        using var health = await role.Client.GetAsync("/health", TestNode.Ct);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
        var fault = Assert.Single(JsonSerializer.Deserialize(await health.Content.ReadAsByteArrayAsync(TestNode.Ct), HealthJson.Default.Health)!.Faults);
        Assert.Equal(("isolation", refused.Message), (fault.Check, fault.Message));
    }

    [Fact]
    public async Task A_role_that_starts_without_its_engine_serves_says_so_and_works_as_soon_as_it_is_there()
    {
        var fake = new FakeBackend { Away = new(Stage.RuntimeStart, Party.Operator, "engine-unavailable", "No engine listens.", "Start it.") };
        await using var role = await ServedRole.Start(around: _ => fake);
        var spec = role.Node.Spec("sleep 1000");
        using (var health = await role.Client.GetAsync("/health", TestNode.Ct))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
            var faults = JsonSerializer.Deserialize(await health.Content.ReadAsByteArrayAsync(TestNode.Ct), HealthJson.Default.Health)!.Faults;
            Assert.All(faults, fault => Assert.Equal(("No engine listens.", "Start it."), (fault.Message, fault.Hint)));
            Assert.Contains("workloads", faults.Select(fault => fault.Check));
        }

        var refused = await Assert.ThrowsAsync<VexaException>(() => role.Post(spec, role.Token(spec.Id, AccessMode.Ro, Audience.Runtime)));
        Assert.Equal((503, "engine-unavailable"), (refused.Status, refused.Rule));
        foreach (var path in new[] { "/workloads", $"/workloads/{spec.Id}", "/room?subject=ann", "/orphans" })
        {
            using var answer = await role.Client.GetAsync(path, TestNode.Ct);
            Assert.Equal((path, HttpStatusCode.ServiceUnavailable), (path, answer.StatusCode));
        }

        fake.Away = null;
        await TestNode.Until(() =>
        {
            using var health = role.Client.GetAsync("/health", TestNode.Ct).GetAwaiter().GetResult();
            return health.StatusCode == HttpStatusCode.OK;
        });
        Assert.Equal(HttpStatusCode.Created, (await role.Post(spec, role.Token(spec.Id, AccessMode.Ro, Audience.Runtime))).Code);
    }

    [Fact]
    public async Task Idleness_is_told_by_put_and_taken_back_by_delete_until_it_is_too_late()
    {
        await using var role = await ServedRole.Start();
        var spec = role.Node.Spec("sleep 1000");
        await role.Post(spec, role.Token(spec.Id, AccessMode.Ro, Audience.Runtime));
        Assert.Equal(200, await Tell(HttpMethod.Put));
        Assert.Equal(200, await Tell(HttpMethod.Delete));
        using var deleted = await role.Client.DeleteAsync($"/workloads/{spec.Id}?grace_ms=0", TestNode.Ct);
        Assert.Equal(409, await Tell(HttpMethod.Delete));
        Assert.Equal(409, await Tell(HttpMethod.Put));

        async Task<int> Tell(HttpMethod method)
        {
            using var response = await role.Client.SendAsync(new HttpRequestMessage(method, $"/workloads/{spec.Id}/idle"), TestNode.Ct);
            return (int)response.StatusCode;
        }
    }

    private sealed class ServedRole : IAsyncDisposable
    {
        private readonly string _keys = Directory.CreateTempSubdirectory("vexa-keys-").FullName;
        private readonly CancellationTokenSource _stop = new();
        private readonly SigningKey _key;
        private readonly Task _running;

        private ServedRole(TestNode node, RuntimeOptions options, Func<IWorkloadBackend, IWorkloadBackend> around)
        {
            Node = node;
            _key = SigningKey.LoadOrCreate(_keys);
            _running = RuntimeRole.Run(options, _keys, around, _stop.Token);
            Client = UnixHttp.Client($"{node.Run}/runtime.sock");
        }

        public TestNode Node { get; }

        public HttpClient Client { get; }

        public static async Task<ServedRole> Start(Func<RuntimeOptions, RuntimeOptions>? change = null, Func<IWorkloadBackend, IWorkloadBackend>? around = null)
        {
            var node = await TestNode.Start();
            await node.Role.Close();
            node.Forget();
            var served = new ServedRole(node, change?.Invoke(node.Options) ?? node.Options, around ?? (own => own));
            await TestNode.Until(() => served._running.IsCompleted || Mode($"{node.Run}/runtime.sock") == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
            return served;

            // Its mode is narrowed once it listens.
            static UnixFileMode Mode(string socket) => File.Exists(socket) ? File.GetUnixFileMode(socket) : 0;
        }

        public string Token(DispatchId id, AccessMode mode, string audience, string subject = "ann") => new TokenMint(_key, TimeProvider.System).Mint(
            Grant.Of(new Dispatch
            {
                Id = id,
                Identity = new DispatchIdentity { Subject = Id.Parse<SubjectId>(subject), Launcher = Launcher.User(Id.Parse<SubjectId>(subject)) },
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

        /// <summary>As of the node, once the role has looked at its own walls, for which it has a container of its own.</summary>
        public async Task AssertNothingLeft()
        {
            await TestNode.Until(() => !Directory.Exists($"{Node.Run}/scratch/proof-runc") && !Directory.Exists($"{Node.Run}/workloads/proof-runc"));
            Node.AssertNothingLeft();
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
