using System.Net;
using Vexa.Cli.Stack;
using Vexa.IntegrationTests.Drivers;
using Vexa.IntegrationTests.Runtime;

namespace Vexa.IntegrationTests.Cli;

/// <summary>The supervisor itself, with small processes that behave as a test needs them to.</summary>
public sealed class SupervisorTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vexa-sup-").FullName;
    private readonly CancellationTokenSource _ask = new();
    private readonly CancellationTokenSource _force = new();
    private readonly StackOptions _options;
    private StackState? _state;

    public SupervisorTests()
    {
        _options = new StackOptions
        {
            DataFolder = Path.Combine(_folder, "data"),
            RunFolder = $"/dev/shm/vexa-test/{Guid.NewGuid().ToString("n")[..8]}",
            Listen = new IPEndPoint(IPAddress.Loopback, FreePort.Take()),
        };
    }

    [Fact]
    public async Task A_role_that_ends_while_it_starts_ends_the_start_with_its_last_words_and_stops_the_others()
    {
        var failure = await Assert.ThrowsAsync<VexaException>(() => Run([[Well("first", "sleep 300")], [Ill("second", "echo no such key >&2; exit 3")]]));

        Assert.Equal("role-start", failure.Rule);
        Assert.Contains("exit 3", failure.Message, StringComparison.Ordinal);
        Assert.Contains("no such key", failure.Message, StringComparison.Ordinal);
        Assert.Equal("second", failure.Hint.Split(' ')[^1]);
        Assert.All(_state!.Roles, role => Assert.False(role.Process is { IsAlive: true }));
        Assert.Equal(StackPhase.Failed, StackState.Read(_options)!.Phase);
    }

    [Fact]
    public async Task What_a_role_says_of_its_own_end_is_what_the_start_says_and_not_what_an_earlier_one_said()
    {
        var failure = await Assert.ThrowsAsync<VexaException>(() => Run([[Ill("second", "echo 'error: There is no engine.' >&2; echo 'mend:  Install engine.' >&2; exit 3")]]));
        Assert.EndsWith("There is no engine.", failure.Message, StringComparison.Ordinal);
        Assert.Equal("Install engine.", failure.Hint);

        var later = await Assert.ThrowsAsync<VexaException>(() => Run([[Ill("second", "exit 4")]]));
        Assert.DoesNotContain("engine", later.Message, StringComparison.Ordinal);
        Assert.Equal("second", later.Hint.Split(' ')[^1]);
    }

    [Fact]
    public async Task What_a_role_says_of_its_health_is_what_the_start_says_when_it_has_waited_long_enough()
    {
        var time = new FakeTime();
        var starting = Run([[Well("second", "sleep 300") with { Health = new Fixed("no engine answers", "Start the engine.") }]], time: time);
        await TestNode.Until(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return starting.IsCompleted;
        });

        var failure = await Assert.ThrowsAsync<VexaException>(() => starting);
        Assert.Equal(("role-start", "Start the engine."), (failure.Rule, failure.Hint));
        Assert.EndsWith("no engine answers", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_role_that_does_not_stop_when_asked_is_killed()
    {
        var running = Run([[Well("stubborn", "trap '' TERM; while :; do sleep 0.05; done")]], state =>
        {
            if (state.Phase == StackPhase.Running)
                _ask.CancelAfter(100);
        });
        await running;

        var role = Assert.Single(_state!.Roles);
        Assert.Equal(RolePhase.Stopped, role.Phase);
        Assert.StartsWith("killed", role.LastExit, StringComparison.Ordinal);
        Assert.False(StackLock.IsHeld(_options));
    }

    [Fact]
    public async Task Roles_stop_in_the_reverse_order_of_their_start_but_for_those_that_stop_first()
    {
        var stopped = new List<string>();
        await Run([[Well("store", "sleep 300")], [Well("way out", "sleep 300"), Well("cells", "sleep 300") with { StopsFirst = true }], [Well("keeper", "sleep 300")]], state =>
        {
            stopped.AddRange(state.Roles.Where(role => role.Phase == RolePhase.Stopped).Select(role => role.Name).Except(stopped));
            if (state.Phase == StackPhase.Running)
                _ask.Cancel();
        });

        Assert.Equal(["cells", "keeper", "way out", "store"], stopped);
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_a_clear_failure()
    {
        var missing = Well("ghost", "") with { Command = ["/nowhere/ghost"], Health = new Fixed("ill") };

        Assert.Contains("ghost", (await Assert.ThrowsAsync<VexaException>(() => Run([[missing]]))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_role_outlives_no_thread_of_the_pool()
    {
        // The kernel's parent-death signal follows the thread that forked: were it one of the pool's, its end would stop the role.
        var died = 0;
        await Run([[Well("steady", "sleep 300")]], state =>
        {
            died += state.Roles.Count(role => role.Phase == RolePhase.Restarting);
            if (state.Phase == StackPhase.Running)
                _ = Task.Run(async () =>
                {
                    for (var i = 0; i < 200; i++)
                        await Task.Run(() => new Thread(() => { }).Start(), TestContext.Current.CancellationToken);
                    await _ask.CancelAsync();
                }, TestContext.Current.CancellationToken);
        });

        Assert.Equal(0, died);
    }

    public void Dispose()
    {
        _ask.Dispose();
        _force.Dispose();
        Directory.Delete(_folder, recursive: true);
        Assert.False(Directory.Exists(_options.RunFolder));
    }

    private Task Run(IReadOnlyList<IReadOnlyList<RoleSpec>> waves, Action<StackState>? changed = null, TimeProvider? time = null) => Supervisor.Run(_options, waves, time ?? TimeProvider.System, state =>
    {
        _state = state;
        changed?.Invoke(state);
    }, _ask.Token, _force.Token);

    private static RoleSpec Well(string name, string script) => new()
    {
        Name = name,
        Command = ["/bin/sh", "-c", script],
        Environment = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" },
        Health = new Fixed(null),
        StopWithin = TimeSpan.FromMilliseconds(300),
    };

    private static RoleSpec Ill(string name, string script) => Well(name, script) with { Health = new Fixed("ill") };

    private sealed record Fixed(string? Fault, string? Mend = null) : HealthCheck
    {
        protected override Task<RoleFault?> Ask(CancellationToken ct) => Task.FromResult(Fault is null ? null : new RoleFault(Fault, Mend));
    }
}
