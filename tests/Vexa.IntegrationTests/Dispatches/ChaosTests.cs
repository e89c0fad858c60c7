using System.Collections.Concurrent;
using System.Globalization;
using Vexa.IntegrationTests.Drivers;

namespace Vexa.IntegrationTests.Dispatches;

/// <summary>
/// Anything of a stack under load is killed at any instant, again and again. In the end every turn has told the truth, nothing is left of
/// any container, and the stack works. The seed is printed; <c>VEXA_TEST_SEED</c> makes the same choices again.
/// </summary>
public sealed class ChaosTests(ITestOutputHelper output)
{
    private const int Sessions = 4;

    // The engine and containers are most often in the middle of something; a role needs a moment to come back.
    private static readonly Victim[] Victims =
    [
        Victim.Runtime, Victim.Door, Victim.Engine, Victim.Engine, Victim.Engine, Victim.Container, Victim.Container, Victim.Worker, Victim.Worker, Victim.Process,
    ];

    // Whatever is under way ends with a Docker engine, and it takes seconds to come back.
    private static readonly Victim[] DockerVictims =
    [
        Victim.Engine, Victim.Engine, Victim.Runtime, Victim.Door, Victim.Container, Victim.Container, Victim.Container, Victim.Worker, Victim.Worker, Victim.Process,
    ];

    private readonly int _seed = int.TryParse(Environment.GetEnvironmentVariable("VEXA_TEST_SEED"), CultureInfo.InvariantCulture, out var seed) ? seed : Environment.TickCount;
    private readonly ConcurrentBag<Said> _said = [];
    private readonly ConcurrentDictionary<string, int> _refused = new();
    private int _next;

    [Fact]
    public async Task Two_hundred_kills_leave_no_orphan_no_lost_turn_and_no_lie()
    {
        await using var stack = await RunningStack.Start(new Dictionary<string, string> { ["VEXA_MAX_WORKLOADS"] = "100" });
        await Survives(stack, new Mischief(stack), Victims, kills: 200);
    }

    [Fact]
    public async Task On_docker_forty_kills_of_the_engine_too_leave_no_orphan_no_lost_turn_and_no_lie()
    {
        await using var docker = await RunningDocker.Start();
        await using var stack = await RunningStack.StartOn(docker, new Dictionary<string, string> { ["VEXA_MAX_WORKLOADS"] = "100" });
        // The engine gets the image now: killed every few seconds, it would never have the time.
        await stack.AwaitEnd((await stack.Ask("echo loaded")).Dispatch);
        await Survives(stack, new Mischief(stack, docker), DockerVictims, kills: 40);
    }

    private async Task Survives(RunningStack stack, Mischief mischief, IReadOnlyList<Victim> victims, int kills)
    {
        output.WriteLine($"seed {_seed}");
        using var enough = new CancellationTokenSource();
        var load = Enumerable.Range(0, Sessions).Select(number => Talk(stack, number, enough.Token)).ToList();
        var killed = await KillAtRandom(mischief, victims, kills, Task.WhenAll(load));
        await enough.CancelAsync();
        await Task.WhenAll(load);
        output.WriteLine($"refused: {string.Join(", ", _refused.Select(rule => $"{rule.Value} {rule.Key}"))}");
        output.WriteLine($"killed: {string.Join(", ", killed.GroupBy(victim => victim).Select(kind => $"{kind.Count()} {kind.Key}"))}");

        var runs = await AwaitEnds(stack);
        output.WriteLine($"{runs.Count} runs, {runs.Sum(run => run.Turns.Count)} turns, {runs.Sum(run => run.Turns.Count(turn => turn.Ok == true))} of them ok; sent {_said.Count}");
        foreach (var why in runs.SelectMany(run => run.Turns).Where(turn => turn.Ok != true).CountBy(turn => turn.Error ?? "").OrderByDescending(why => why.Value))
            output.WriteLine($"{why.Value} failed: {why.Key}");
        foreach (var run in runs)
            await TellsTheTruth(stack, run);
        foreach (var said in _said)
            await HasItsEffect(stack, said, runs);
        Assert.Contains(runs, run => run.Turns.Any(turn => turn.Ok == true));

        await AwaitNoOrphans(mischief, runs);
        var after = await stack.Ask("echo alive", idle: 1);
        Assert.True(after.Complete.Ok, after.Error?.Message);
        await stack.AwaitEnd(after.Dispatch);
    }

    private async Task<List<Victim>> KillAtRandom(Mischief mischief, IReadOnlyList<Victim> victims, int kills, Task load)
    {
        var random = new Random(_seed);
        var killed = new List<Victim>();
        while (killed.Count < kills)
        {
            var (victim, pause) = (victims[random.Next(victims.Count)], random.Next(400));
            if (await mischief.Kill(victim, random.Next))
                killed.Add(victim);
            Assert.False(load.IsFaulted, load.Exception?.ToString());
            await Task.Delay(TimeSpan.FromMilliseconds(pause), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        return killed;
    }

    // One session after the other, of a few messages each, in a workspace of this talker's own. What is refused was not accepted: on it goes.
    private async Task Talk(RunningStack stack, int number, CancellationToken enough)
    {
        var workspace = await stack.CreateWorkspace($"w{number}", new Dictionary<string, string> { ["readme.md"] = "x" });
        SessionId? session = null;
        for (var message = 0; !enough.IsCancellationRequested; message++)
        {
            var turn = Id.Parse<TurnId>($"t-{Interlocked.Increment(ref _next)}");
            var log = new TurnLog();
            try
            {
                session = message % 3 == 0 ? null : session;
                await foreach (var _ in stack.Chat(log, $"echo begin {turn}; sleep 0.2; echo {turn} > {turn}.txt; echo end {turn}", session,
                    workspaces: session is null ? [new WorkspaceAccess(workspace, AccessMode.Rw)] : null, turn: turn, ct: CancellationToken.None))
                {
                }

                session = log.Session;
                _said.Add(new Said(turn, workspace, log));
            }
            catch (VexaException refused)
            {
                _refused.AddOrUpdate(refused.Rule, 1, (_, times) => times + 1);
                session = null;
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, TestContext.Current.CancellationToken);
            }
        }
    }

    // All that were ever recorded: also those whose viewer never heard of them.
    private static async Task<IReadOnlyList<Run>> AwaitEnds(RunningStack stack)
    {
        var ids = new HashSet<string>();
        foreach (var folder in new[] { "live", "ended" })
            if (Path.Combine(stack.Data, "bucket", "runs", folder) is var path && Directory.Exists(path))
                ids.UnionWith(Directory.EnumerateFiles(path).Select(file => Path.GetFileName(file)));
        var runs = new List<Run>();
        foreach (var id in ids)
            runs.Add(await stack.AwaitEnd(Id.Parse<DispatchId>(id)));

        return runs;
    }

    private static async Task TellsTheTruth(RunningStack stack, Run run)
    {
        var events = await stack.Events(run.Id);
        Assert.Equal(Enumerable.Range(1, events.Count).Select(i => (long)i), events.Select(e => e.Seq));
        Assert.Single(events.OfType<End>());
        Assert.IsType<End>(events[^1]);
        var accepted = events.OfType<TurnAccepted>().Select(e => e.Turn.ToString()).Order(StringComparer.Ordinal);
        Assert.Equal(accepted, events.OfType<TurnComplete>().Select(e => e.Turn.ToString()).Order(StringComparer.Ordinal));
        foreach (var turn in run.Turns)
        {
            Assert.Equal(turn.Ok, Assert.Single(events.OfType<TurnComplete>(), e => e.Turn == turn.Id).Ok);
            Assert.True(turn.Ok == true || turn.Error is { Length: > 0 }, $"{run.Id}: {turn.Id} failed and does not say why");
        }
    }

    private static async Task HasItsEffect(RunningStack stack, Said said, IReadOnlyList<Run> runs)
    {
        var complete = said.Log.Complete;
        var recorded = Assert.Single(runs.SelectMany(run => run.Turns), turn => turn.Id == said.Turn);
        Assert.Equal(complete.Ok, recorded.Ok);
        if (!complete.Ok)
            return;

        Assert.Equal($"begin {said.Turn}\nend {said.Turn}\n", said.Log.Text);
        Assert.Equal($"{said.Turn}\n", await stack.ReadFile(said.Workspace, $"{said.Turn}.txt"));
    }

    private static async Task AwaitNoOrphans(Mischief mischief, IReadOnlyList<Run> runs)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var orphans = await mischief.Orphans(runs.Select(run => run.Id));
            if (orphans.Count == 0)
                return;
            Assert.True(TimeProvider.System.GetElapsedTime(since) < TimeSpan.FromSeconds(30), string.Join('\n', orphans));
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    private sealed record Said(TurnId Turn, WorkspaceId Workspace, TurnLog Log);
}
