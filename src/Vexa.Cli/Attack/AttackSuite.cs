using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Vexa.Contracts;

using Vexa.Runtime.Workloads;

namespace Vexa.Cli.Attack;

/// <summary>
/// Tries attacks on one target: (1) plant canaries and start a stack and a victim; (2) run the attacks as the agent, through the front door;
/// (3) run each one's control, so that it is known to bite; (4) look whether victim and node are unharmed; (5) stop the stack and look for
/// what it left; (6) search all that came out for canaries.
/// </summary>
internal sealed class AttackSuite(AttackTarget target, IReadOnlyList<AttackScript> attacks, string images)
{
    // Most of them wait most of the time.
    private const int AtOnce = 4;
    private const int MostInOneContainer = 12;
    public static readonly WorkspaceId Loot = Id.Parse<WorkspaceId>("loot");
    private static readonly WorkspaceId Scripts = Id.Parse<WorkspaceId>("attack");

    private readonly ConcurrentDictionary<string, TryOut> _tried = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, TryOut> _controls = new(StringComparer.Ordinal);
    private readonly Loot _loot = new();

    /// <summary>
    /// What came of attacks in weak containers, which are the same whatever is attacked: each is tried by the first suite that gets there.
    /// </summary>
    public required ConcurrentDictionary<string, TryOut> Weak { get; init; }

    /// <summary>Told each result as soon as it is known.</summary>
    public required Action<AttackResult> Told { get; init; }

    /// <summary>False leaves step 3 out.</summary>
    public required bool WithControls { get; init; }

    public async Task<TargetReport> Run(CancellationToken ct)
    {
        var began = Stopwatch.GetTimestamp();
        List<NodeCheck> checks = [];
        var node = NodeState.Read();
        await using var canaries = new Canaries();
        using var planted = new PlantedTraces(Guid.NewGuid().ToString("n")[..8]);
        await using (var stack = await AttackStack.Start(target, images, canaries.ProviderKey.Secret, ct))
        {
            await canaries.Plant(stack, ct);
            checks.Add(await canaries.CheckThatTheContainerIsTheWall(ct));
            await using (var victim = await Victim.Start(stack, canaries, ct))
            {
                var facts = Facts(canaries, planted, VictimFacts.Of(victim, stack, canaries));
                await CreateWorkspaces(stack, facts, ct);
                await Try(stack, canaries, victim, facts, ct);
                checks.Add(Check("the victim lives and was never starved", victim.Suffered()));
            }

            await _loot.Collect(stack, ct);
            checks.Add(Check("the stack stops", await stack.Stop()));
            checks.Add(planted.Check());
            checks.AddRange(NodeLeftovers.Of(stack));
        }

        checks.Add(Check("the node is as it was", node.Changed()));
        checks.Add(Check("no canary came out", string.Join("; ", _loot.Find(canaries.All)) is { Length: > 0 } found ? found : null));
        return new TargetReport
        {
            On = target.Kind,
            Attacks = [.. attacks.Select(Result)],
            Checks = checks,
            Seconds = Stopwatch.GetElapsedTime(began).TotalSeconds,
        };
    }

    private static NodeCheck Check(string name, string? wrong) => new(name, wrong is null, wrong ?? "yes");

    private Dictionary<string, string> Facts(Canaries canaries, PlantedTraces planted, IReadOnlyDictionary<string, string> victim)
    {
        var facts = new Dictionary<string, string>(canaries.Facts, StringComparer.Ordinal)
        {
            ["kind"] = target.Kind,
            ["read_only_workspace"] = Scripts.Value,
            ["planted_folder"] = planted.Folder,
        };
        foreach (var (name, value) in victim)
            facts[name] = value;
        return facts;
    }

    private static string Text(IReadOnlyDictionary<string, string> facts, WorkloadLimits limits)
    {
        var all = new Dictionary<string, string>(facts, StringComparer.Ordinal)
        {
            ["cpu"] = (limits == WeakContainer.Limits ? WeakContainer.Cpu : limits.Cpu).ToString(CultureInfo.InvariantCulture),
            ["memory_mb"] = limits.MemoryMb.ToString(CultureInfo.InvariantCulture),
            ["tmpfs_mb"] = limits.TmpfsMb.ToString(CultureInfo.InvariantCulture),
            ["pids"] = limits.Pids.ToString(CultureInfo.InvariantCulture),
            ["terminals"] = Walls.Terminals.ToString(CultureInfo.InvariantCulture),
            ["descriptors"] = (limits == WeakContainer.Limits ? WeakContainer.Descriptors : (long)Walls.ResourceLimits.Single(limit => limit.Name == "nofile").Most).ToString(CultureInfo.InvariantCulture),
        };
        return string.Concat(all.Select(fact => $"{fact.Key}={fact.Value}\n"));
    }

    private static async Task CreateWorkspaces(AttackStack stack, Dictionary<string, string> facts, CancellationToken ct)
    {
        var files = new Dictionary<string, string>(AttackFolder.Files(AttackFolder.Path), StringComparer.Ordinal) { [AttackFolder.Facts] = Text(facts, new WorkloadLimits()) };
        await stack.Client.CreateWorkspace(new WorkspaceCreate(Scripts, files), ct);
        await stack.Client.CreateWorkspace(new WorkspaceCreate(Loot, new Dictionary<string, string> { ["README.md"] = "what attacks bring home\n" }), ct);
    }

    private async Task Try(AttackStack stack, Canaries canaries, Victim victim, Dictionary<string, string> facts, CancellationToken ct)
    {
        var here = attacks.Where(attack => attack.SkipOn(target) is null).ToList();
        List<Func<Task>> jobs = [];
        foreach (var group in Containers(here))
            jobs.Add(() => Dispatch(stack, group, argument: "", _tried, ct));

        await using var weak = WithControls ? await WeakNode.Start(stack, canaries, victim, images, Text(new Dictionary<string, string>(facts) { ["kind"] = "runc" }, WeakContainer.Limits), ct) : null;
        if (weak is not null)
        {
            foreach (var group in Containers([.. here.Where(attack => attack.HasHonestControl)]))
                jobs.Add(() => Dispatch(stack, group, argument: ":control", _controls, ct));
            foreach (var same in here.Where(attack => !attack.HasHonestControl && !Weak.ContainsKey(attack.Id)).GroupBy(attack => string.Join(' ', attack.Control.Order(StringComparer.Ordinal))))
                foreach (var group in Containers([.. same]))
                    jobs.Add(async () => Take(group, new CameOut(await weak.Containers.Run(group, group[0].Control, ct)), Weak));
        }

        await Parallel.ForEachAsync(jobs, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct }, async (job, _) => await job());
    }

    // Those that leave their container as it was share one.
    private static IEnumerable<IReadOnlyList<AttackScript>> Containers(IReadOnlyList<AttackScript> some) =>
        some.Where(attack => attack.Alone).Select(attack => (IReadOnlyList<AttackScript>)[attack]).Concat(some.Where(attack => !attack.Alone).Chunk(MostInOneContainer));

    private async Task Dispatch(AttackStack stack, IReadOnlyList<AttackScript> group, string argument, ConcurrentDictionary<string, TryOut> into, CancellationToken ct)
    {
        var dispatched = await stack.Dispatch(new ChatRequest
        {
            Prompt = string.Join(' ', group.Select(attack => attack.Id + argument)),
            Runner = Id.Parse<RunnerName>(AttackStack.Attacker),
            Workspaces = [new WorkspaceAccess(Loot, AccessMode.Rw), new WorkspaceAccess(Scripts, AccessMode.Ro)],
            Limits = new DispatchLimits { IdleSeconds = 1, WallSeconds = group[0].Wall > 0 ? group[0].Wall : 60 + (3 * group.Sum(attack => attack.Seconds)) },
        }, ct);
        _loot.Add(dispatched);
        Take(group, await CameOut.Of(dispatched, stack, ct), into);
    }

    private void Take(IReadOnlyList<AttackScript> group, CameOut came, ConcurrentDictionary<string, TryOut> into)
    {
        var outs = TryOuts.Read(came.Text);
        foreach (var attack in group)
        {
            var tried = outs.FirstOrDefault(o => o.Id == attack.Id) ?? new TryOut(attack.Id, "lost", 0, came.LastWords);
            into[attack.Id] = attack.Alone ? tried with { Seen = NodeJudge.Of(tried, came) } : tried;
            // The attack and its control come in any order.
            if (_tried.ContainsKey(attack.Id) && (!WithControls || Controls(attack).ContainsKey(attack.Id)))
                Told(Result(attack));
        }
    }

    private ConcurrentDictionary<string, TryOut> Controls(AttackScript attack) => attack.HasHonestControl ? _controls : Weak;

    private AttackResult Result(AttackScript attack)
    {
        if (attack.SkipOn(target) is { } why)
            return new AttackResult { Id = attack.Id, Title = attack.Title, Expected = attack.Expect, Happened = $"left out here: {why}" };

        var tried = _tried.GetValueOrDefault(attack.Id);
        var (outcome, happened) = Verdict.Of(tried);
        var control = WithControls ? Verdict.Of(Controls(attack).GetValueOrDefault(attack.Id)) : default((Outcome Outcome, string What)?);
        return new AttackResult
        {
            Id = attack.Id,
            Title = attack.Title,
            Expected = attack.Expect,
            Outcome = outcome,
            Happened = happened,
            Milliseconds = tried?.Milliseconds ?? 0,
            Control = control is { } c ? new ControlResult(attack.HasHonestControl ? "honest" : string.Join(' ', attack.Control), c.Outcome == Attack.Outcome.Succeeded, c.What) : null,
        };
    }
}
