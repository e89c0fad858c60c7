using System.Text.Json;
using Vexa.Bench;
using Vexa.Cli.Commands;

// The performance budget, measured against the real stack, as ratios and differences within one run.
const string usage = """
    vexa bench [--quick] [--json]: measures the budget on a stack of its own. --quick leaves out the growth over 1000 dispatches.
    vexa bench --runtime [--quick] [--json]: measures the runtime alone: cold starts on every engine that is installed, 20 starts a second for a
    minute, a workspace of 1 GB, 500 idle dispatches. Takes some minutes; --quick takes fewer of each, and less than one and a half.
    vexa bench --workspaces [--quick] [--json]: measures workspaces alone: a commit beside git push, fifty dispatches at
    once, a workspace of 1 GB. Takes three minutes; --quick takes fewer and smaller, and half a minute.
    vexa bench --anatomy: prints where the time of a cold start goes.
    """;
string[] known = ["--quick", "--json", "--runtime", "--workspaces", "--anatomy"];
if (args.Contains("--help"))
{
    Console.WriteLine(usage);
    return ExitCodes.Ok;
}

if (args.FirstOrDefault(argument => !known.Contains(argument)) is { } unknown)
{
    Console.Error.WriteLine($"error: There is no argument {unknown}.\nmend:  {usage}");
    return ExitCodes.Usage;
}

using var signals = new StopSignals();
signals.EndAtSecond();
// A node that is measured runs in this process; its log would be among the figures.
var output = Console.Out;
Console.SetOut(TextWriter.Null);
try
{
    if (args.Contains("--anatomy"))
    {
        await RuntimeBench.PrintAnatomy(output, runs: 50, signals.Ask);
        return ExitCodes.Ok;
    }

    if (args.Contains("--workspaces"))
        return Report(new FigureReport(await MeasureWorkspaces(args.Contains("--quick"))));

    return args.Contains("--runtime") ? await MeasureRuntime() : await MeasureStack();
}
catch (Exception e) when (signals.Ask.IsCancellationRequested)
{
    // A terminal's Ctrl-C reaches the engines too, and each fails in its own words.
    if (e is not OperationCanceledException)
        Console.Error.WriteLine($"stopped; what was under way says: {e.Message}");
    return ExitCodes.Interrupted;
}

async Task<int> MeasureRuntime()
{
    var scale = args.Contains("--quick") ? RuntimeScale.Quick : RuntimeScale.Whole;
    var report = new FigureReport(
    [
        .. await Told("idle dispatches", stop => IdleDispatches.Measured(scale.IdleDispatches, stop)),
        .. await Told("cold starts on oci", stop => RuntimeBench.OciColdStart(scale.OciStarts, stop)),
        .. await Told("cold starts on gVisor", stop => RuntimeBench.GvisorColdStart(scale.OtherStarts, stop)),
        .. await Told("cold starts on docker", stop => RuntimeBench.DockerColdStart(scale.OtherStarts, stop)),
        .. await Told("starts at a pace", stop => RuntimeBench.SustainedStarts(scale.PacedSeconds, stop)),
        .. await Told("a large workspace", stop => RuntimeBench.LargeWorkspace(scale.WorkspaceMb, stop)),
    ]);
    return Report(report);
}

async Task<IReadOnlyList<Figure>> MeasureWorkspaces(bool isQuick) =>
[
    .. await Told("commits", stop => WorkspaceBench.Commits(isQuick ? 20 : 60, stop)),
    .. await Told("many dispatches at once", stop => WorkspaceBench.ManyAtOnce(50, isQuick ? 4 : 20, stop)),
    .. await Told("a large workspace", stop => LargeWorkspace.Measured(isQuick ? 128 : 1000, stop)),
];

int Report(FigureReport report)
{
    if (args.Contains("--json"))
        output.WriteLine(JsonSerializer.Serialize(report, BenchJson.Default.FigureReport));
    else
        report.Print(output);

    return report.WithinBudget ? ExitCodes.Ok : ExitCodes.Failed;
}

async Task<int> MeasureStack()
{
    var dispatches = args.Contains("--quick") ? BenchReport.FewDispatches : 1000;
    Console.Error.WriteLine("reading events ...");
    var reading = ContractReading.Measure();
    Console.Error.WriteLine("starting a stack ...");
    await using var stack = await BenchStack.Start(signals.Ask);
    using var bare = await BareEngine.Runc();
    var report = new BenchReport
    {
        BareRuncMs = await Step("bare runc", stop => Measure.P50(30, bare.RunTrue, stop)),
        ColdFirstEventMs = await Step("new containers", stop => Measure.P50(30, () => stack.FirstEvent(session: null, stop), stop)),
        WarmFirstEventMs = await Step("a living container", stop => stack.WarmFirstEvents(30, stop)),
        Runtime = await Told("cold starts of the runtime", stop => RuntimeBench.OciColdStart(30, stop)),
        Sealing = await Told("sealing", SealingThroughput.Measured),
        Workspaces = await MeasureWorkspaces(isQuick: true),
        ResidentMbAfter100 = await Step("100 dispatches", stop => stack.ResidentAfter(100, stop)),
        EventReadUs = reading.Microseconds,
        EventReadPlainUs = reading.PlainMicroseconds,
        EventReadBytes = reading.Bytes,
        Dispatches = dispatches,
        ResidentMbAtEnd = await Step($"{dispatches} dispatches in all", stop => stack.ResidentAfter(dispatches - 100, stop)),
    };

    if (args.Contains("--json"))
        output.WriteLine(JsonSerializer.Serialize(report, BenchJson.Default.BenchReport));
    else
        report.Print(output);

    return report.WithinBudget ? ExitCodes.Ok : ExitCodes.Failed;
}

async Task<IReadOnlyList<Figure>> Told(string what, Func<CancellationToken, Task<IReadOnlyList<Figure>>> measure)
{
    var figures = await Step(what, measure);
    foreach (var figure in figures)
        figure.Print(Console.Error);
    return figures;
}

// Waited for even when it is asked to stop: what it runs must not run on in what is cleared away next.
async Task<T> Step<T>(string what, Func<CancellationToken, Task<T>> measure)
{
    Console.Error.WriteLine($"measuring: {what} ...");
    return await measure(signals.Ask);
}
