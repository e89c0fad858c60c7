using System.Net;
using System.Text;
using Vexa.Docker;
using Vexa.Docker.Containers;
using Vexa.IntegrationTests.Drivers;
using Vexa.IntegrationTests.Runtime;
using Vexa.Runtime.Docker;
using Vexa.Runtime.Images;

namespace Vexa.IntegrationTests.Docker;

/// <summary>The client against a real engine.</summary>
[Collection("runtime")]
public sealed class EngineTests
{
    private const string Label = "vexa.test=engine";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_container_lives_as_the_calls_say()
    {
        var docker = await SharedDocker.Get();
        var containers = docker.Engine.Containers;
        var id = await containers.Create("vexa-test-life", await Body("echo out; echo err >&2; exit 7"), Ct);
        try
        {
            Assert.Equal("created", (await containers.Inspect("vexa-test-life", Ct))!.State.Status);
            Assert.Equal(id, Assert.Single(await containers.List(Label, Ct)).Id);
            Assert.Equal(HttpStatusCode.Conflict, (await Assert.ThrowsAsync<EngineException>(async () => await containers.Create("vexa-test-life", await Body("true"), Ct))).Status);

            await using var output = await containers.Attach(id, Ct);
            await containers.Start(id, Ct);
            await containers.Start(id, Ct);
            // Two pipes: which is read first is the engine's choice.
            Assert.Equal(["", "err", "out"], (await ReadAll(output)).Split('\n').Order());
            var state = await Until.IsTrue(async () => await containers.Inspect(id, Ct) is { State: { Running: false } ended } ? ended : null);
            Assert.Equal(("exited", 7, false, false), (state.Status, state.ExitCode, state.Running, state.OomKilled));
            Assert.False(await containers.Kill(id, "KILL", Ct));
        }
        finally
        {
            await containers.Remove(id, CancellationToken.None);
        }

        await containers.Remove(id, Ct);
        Assert.Null(await containers.Inspect(id, Ct));
        Assert.False(await containers.Kill(id, "TERM", Ct));
        Assert.Empty(await containers.List(Label, Ct));
    }

    [Fact]
    public async Task An_end_is_told_as_an_event_of_its_label()
    {
        var docker = await SharedDocker.Get();
        await using var events = await docker.Engine.Events(Label, ["die"], Ct);
        var id = await docker.Engine.Containers.Create("vexa-test-events", await Body("exit 3"), Ct);
        try
        {
            await docker.Engine.Containers.Start(id, Ct);
            await foreach (var one in events.Read(Ct))
            {
                Assert.Equal(("die", id, "3"), (one.Action, one.Actor!.Id, one.Actor.Attributes!["exitCode"]));
                break;
            }
        }
        finally
        {
            await docker.Engine.Containers.Remove(id, CancellationToken.None);
        }
    }

    [Fact]
    public async Task What_the_engine_refuses_comes_with_its_own_words()
    {
        var docker = await SharedDocker.Get();
        var body = await Body("true");
        await Refused(HttpStatusCode.NotFound, "No such image", () => docker.Engine.Containers.Create("vexa-test-refused", body with { Image = "vexa-nothing:1" }, Ct));
        await Refused(HttpStatusCode.BadRequest, "does not exist", () => docker.Engine.Containers.Create("vexa-test-refused", body with { HostConfig = body.HostConfig with { Mounts = [new BindMount("/nowhere/at/all", "/x", ReadOnly: true)] } }, Ct));
        await Refused(HttpStatusCode.NotFound, "No such container", () => docker.Engine.Containers.Start("vexa-test-nobody", Ct));
        Assert.Null(await docker.Engine.Images.Find("vexa-nothing:1", Ct));
        Assert.False(await docker.Engine.Images.Remove("vexa-nothing:1", Ct));

        static async Task Refused(HttpStatusCode status, string words, Func<Task> call)
        {
            var fault = await Assert.ThrowsAsync<EngineException>(call);
            Assert.Equal(status, fault.Status);
            Assert.Contains(words, fault.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_archive_that_is_none_is_refused()
    {
        var docker = await SharedDocker.Get();
        var fault = await Assert.ThrowsAsync<EngineException>(() => docker.Engine.Images.Load((stream, ct) => stream.WriteAsync(Encoding.UTF8.GetBytes(new string('x', 4096)), ct).AsTask(), Ct));
        Assert.NotEmpty(fault.Message);
    }

    [Fact]
    public async Task A_socket_that_is_not_there_or_may_not_be_opened_or_at_which_nobody_listens_is_told_apart()
    {
        var folder = Directory.CreateTempSubdirectory("vexa-test-").FullName;
        try
        {
            Assert.Equal(EngineFault.Absent, await FaultAt($"{folder}/missing.sock"));
            using (var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified))
                socket.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint($"{folder}/silent.sock"));

            File.WriteAllText($"{folder}/file.sock", "");
            Assert.Equal(EngineFault.Absent, await FaultAt($"{folder}/file.sock"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        static async Task<EngineFault> FaultAt(string path)
        {
            using var engine = new DockerEngine(path, TimeProvider.System);
            return (await Assert.ThrowsAsync<EngineUnavailableException>(() => engine.Info(Ct))).Fault;
        }
    }

    [Fact]
    public async Task An_engine_that_goes_away_is_told_to_whoever_waits_and_used_again_when_it_is_back()
    {
        await using var docker = await RunningDocker.Start();
        await using var events = await docker.Engine.Events(Label, ["die"], Ct);
        var waiting = events.Read(Ct).GetAsyncEnumerator(Ct);
        var next = waiting.MoveNextAsync().AsTask();
        await docker.Kill();
        Assert.Equal(EngineFault.Gone, (await Assert.ThrowsAsync<EngineUnavailableException>(() => next)).Fault);
        Assert.Equal(EngineFault.Absent, (await Assert.ThrowsAsync<EngineUnavailableException>(() => docker.Engine.Info(Ct))).Fault);
        await docker.Restart();
        Assert.Equal("linux", (await docker.Engine.Info(Ct)).OsType);
    }

    private static async Task<string> ReadAll(OutputStream output)
    {
        var all = new MemoryStream();
        var buffer = new byte[7];
        while (await output.Read(buffer, Ct) is > 0 and var read)
            all.Write(buffer.AsSpan(0, read));

        return Encoding.UTF8.GetString(all.ToArray());
    }

    private static async Task<ContainerCreate> Body(string script)
    {
        await TestImage.Get(Ct);
        var docker = await SharedDocker.Get();
        var image = new ImageStore(TestImage.Cache).Open("agent");
        using var images = new DockerImages(docker.Engine, TestImage.Cache, new RecordingLog().CreateLogger(""));
        await images.Ensure(image, progress: null, Ct);
        return new ContainerCreate
        {
            Hostname = "test",
            User = "10001:10001",
            Env = [],
            Cmd = ["/bin/sh", "-c", script],
            Image = ImageTag.Of(image),
            WorkingDir = "/",
            NetworkDisabled = true,
            Labels = new Dictionary<string, string> { ["vexa.test"] = "engine" },
            HostConfig = new HostConfig
            {
                NetworkMode = "none",
                IpcMode = "private",
                CgroupnsMode = "private",
                CgroupParent = "",
                ReadonlyRootfs = true,
                CapDrop = ["ALL"],
                SecurityOpt = ["no-new-privileges"],
                MaskedPaths = [],
                ReadonlyPaths = [],
                Memory = 64 << 20,
                MemorySwap = 64 << 20,
                CpuPeriod = 100_000,
                CpuQuota = 100_000,
                PidsLimit = 32,
                OomScoreAdj = 500,
                ShmSize = 1 << 20,
                Ulimits = [],
                Tmpfs = new Dictionary<string, string>(),
                Mounts = [],
                LogConfig = new LogConfig("none"),
                RestartPolicy = new RestartPolicy("no"),
                Init = false,
            },
        };
    }
}
