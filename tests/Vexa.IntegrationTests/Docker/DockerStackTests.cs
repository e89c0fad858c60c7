using System.Diagnostics;
using Vexa.IntegrationTests.Drivers;

namespace Vexa.IntegrationTests.Docker;

/// <summary>The main job through the front door, with a Docker engine running the containers.</summary>
[Collection("runtime")]
public sealed class DockerStackTests(DockerStackTests.DockerStack fixture) : IClassFixture<DockerStackTests.DockerStack>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private RunningStack Stack => fixture.Stack;

    [Fact]
    public async Task An_agent_does_its_job_and_the_next_message_resumes_its_session_in_another_container()
    {
        var home = await Stack.CreateWorkspace("job", new Dictionary<string, string> { ["README.md"] = "# Job\n" });
        var first = await Stack.Ask("Note milk", runner: "claude-code", workspaces: [new(home, AccessMode.Rw)]);
        Assert.True(first.Complete.Ok, first.Error?.Message);
        Assert.Single(first.Events.OfType<Commit>());
        Assert.Equal("milk", (await Stack.ReadFile(home, "notes/milk.md")).Trim());
        Assert.True(Assert.Single((await Stack.AwaitEnd(first.Dispatch)).Turns).Ok);

        var second = await Stack.Ask("What did I note?", first.Session);
        Assert.Equal("You noted milk.", second.Complete.Reply);
        Assert.NotEqual(first.Dispatch, second.Dispatch);
        Assert.Equal(first.Complete.Session, (await Stack.ReadRun(second.Dispatch)).Resumes);
    }

    [Fact]
    public async Task Docker_ps_shows_its_container_while_it_lives_and_its_output_is_kept_beyond_that()
    {
        var log = await Stack.Ask("echo canary-4713 > /proc/1/fd/2; echo done", idle: 10);
        var name = $"vexa-agent-{log.Dispatch}";
        Assert.Equal(name, (await Stack.ReadRun(log.Dispatch)).Container);
        Assert.Contains(name, await Ps());
        Assert.Contains("canary-4713", (await Stack.Vexa("logs", log.Dispatch.Value)).Output, StringComparison.Ordinal);

        await Stack.AwaitEnd(log.Dispatch);
        await Until.IsTrue(async () => (await Ps("--all")).Contains(name) ? null : "");
        Assert.Contains("canary-4713", (await Stack.Vexa("logs", log.Dispatch.Value)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_turn_that_is_cancelled_ends_and_its_container_takes_the_next_one()
    {
        var log = new TurnLog();
        await foreach (var one in Stack.Chat(log, "echo started; exec sleep 300", idle: 60, ct: Ct))
            if (one is MessageDelta)
                Assert.Equal(0, (await Stack.Vexa("cancel", log.Dispatch.Value)).Exit);

        Assert.False(log.Complete.Ok);
        var next = await Stack.Ask("echo again", log.Session);
        Assert.Equal((log.Dispatch, "again\n"), (next.Dispatch, next.Text));
    }

    private async Task<IReadOnlyList<string>> Ps(params string[] arguments)
    {
        using var docker = Process.Start(new ProcessStartInfo("docker", ["--host", fixture.Docker.Address, "ps", "--format", "{{.Names}}", .. arguments]) { RedirectStandardOutput = true })!;
        var output = await docker.StandardOutput.ReadToEndAsync(Ct);
        await docker.WaitForExitAsync(Ct);
        Assert.Equal(0, docker.ExitCode);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>One stack for these tests, on the engine that they share with others.</summary>
    public sealed class DockerStack : IAsyncLifetime
    {
        public RunningStack Stack { get; private set; } = null!;

        internal RunningDocker Docker { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Docker = await SharedDocker.Get();
            Stack = await RunningStack.StartOn(Docker);
        }

        public ValueTask DisposeAsync() => Stack is null ? ValueTask.CompletedTask : Stack.DisposeAsync();
    }
}
