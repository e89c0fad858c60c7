using System.Text.Json;
using Vexa.Bench;

// The performance budget, measured against the real stack, as ratios and differences within one run.
var dispatches = args.Contains("--quick") ? 100 : 1000;
var reading = ContractReading.Measure();
await using var stack = await BenchStack.Start();
var report = new BenchReport
{
    BareRuncMs = await Measure.P50(30, () => stack.BareRunc()),
    ColdFirstEventMs = await Measure.P50(30, () => stack.FirstEvent(session: null)),
    WarmFirstEventMs = await stack.WarmFirstEvents(30),
    ResidentMbAfter100 = await stack.ResidentAfter(100),
    EventReadUs = reading.Microseconds,
    EventReadPlainUs = reading.PlainMicroseconds,
    EventReadBytes = reading.Bytes,
    Dispatches = dispatches,
    ResidentMbAtEnd = await stack.ResidentAfter(dispatches - 100),
};

if (args.Contains("--json"))
    Console.WriteLine(JsonSerializer.Serialize(report, BenchJson.Default.BenchReport));
else
    report.Print(Console.Out);

return report.WithinBudget ? 0 : 1;
