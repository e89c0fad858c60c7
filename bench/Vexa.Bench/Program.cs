using System.Text.Json;
using Vexa.Bench;
using Vexa.Cli.Commands;

// The performance budget, measured against the real stack, as ratios and differences within one run.
const string usage = "vexa bench [--quick] [--json]: measures the budget on a stack of its own. --quick leaves out the growth over 1000 dispatches.";
if (args.Contains("--help"))
{
    Console.WriteLine(usage);
    return ExitCodes.Ok;
}

if (args.FirstOrDefault(argument => argument is not ("--quick" or "--json")) is { } unknown)
{
    Console.Error.WriteLine($"error: There is no argument {unknown}.\nmend:  {usage}");
    return ExitCodes.Usage;
}

using var signals = new StopSignals();
signals.EndAtSecond();
var dispatches = args.Contains("--quick") ? BenchReport.FewDispatches : 1000;
try
{
    Console.Error.WriteLine("reading events ...");
    var reading = ContractReading.Measure();
    Console.Error.WriteLine("starting a stack ...");
    await using var stack = await BenchStack.Start(signals.Ask);
    var report = new BenchReport
    {
        BareRuncMs = await Step("bare runc", Measure.P50(30, () => stack.BareRunc())),
        ColdFirstEventMs = await Step("new containers", Measure.P50(30, () => stack.FirstEvent(session: null))),
        WarmFirstEventMs = await Step("a living container", stack.WarmFirstEvents(30)),
        ResidentMbAfter100 = await Step("100 dispatches", stack.ResidentAfter(100)),
        EventReadUs = reading.Microseconds,
        EventReadPlainUs = reading.PlainMicroseconds,
        EventReadBytes = reading.Bytes,
        Dispatches = dispatches,
        ResidentMbAtEnd = await Step($"{dispatches} dispatches in all", stack.ResidentAfter(dispatches - 100)),
    };

    if (args.Contains("--json"))
        Console.WriteLine(JsonSerializer.Serialize(report, BenchJson.Default.BenchReport));
    else
        report.Print(Console.Out);

    return report.WithinBudget ? ExitCodes.Ok : ExitCodes.Failed;
}
catch (OperationCanceledException) when (signals.Ask.IsCancellationRequested)
{
    return ExitCodes.Interrupted;
}

// Whatever is still under way at Ctrl-C ends with the stack.
async Task<double> Step(string what, Task<double> measured)
{
    Console.Error.WriteLine($"measuring: {what} ...");
    return await measured.WaitAsync(signals.Ask);
}
