using System.Globalization;
using System.Text.Json.Serialization;

namespace Vexa.Bench;

/// <summary>The figures of one run. Compare within a run only: another machine has other milliseconds.</summary>
internal sealed record BenchReport
{
    /// <summary>Too few to tell of any growth.</summary>
    public const int FewDispatches = 100;

    /// <summary>p50 of a bare <c>runc run true</c> on the same root file system.</summary>
    public required double BareRuncMs { get; init; }
    /// <summary>p50 from sending a message to the first event from inside a new container.</summary>
    public required double ColdFirstEventMs { get; init; }
    /// <summary>p50 from sending a message to the first event, the container living.</summary>
    public required double WarmFirstEventMs { get; init; }
    /// <summary>Control, door and runtime together.</summary>
    public required double ResidentMbAfter100 { get; init; }
    public required int Dispatches { get; init; }
    public required double ResidentMbAtEnd { get; init; }

    /// <summary>Reading one event by its contract.</summary>
    public required double EventReadUs { get; init; }
    /// <summary>Reading the same into its record without looking at the contract.</summary>
    public required double EventReadPlainUs { get; init; }
    /// <summary>What reading it by its contract allocates.</summary>
    public required long EventReadBytes { get; init; }

    /// <summary>Sealing and opening, against the bare cipher.</summary>
    public required IReadOnlyList<Figure> Sealing { get; init; }

    /// <summary>Workspaces alone, in few turns.</summary>
    public required IReadOnlyList<Figure> Workspaces { get; init; }

    /// <summary>The runtime alone, at its own seam.</summary>
    public required IReadOnlyList<Figure> Runtime { get; init; }

    public double ColdOverBareMs => ColdFirstEventMs - BareRuncMs;

    public bool WithinBudget => ColdOverBareMs <= 150 && WarmFirstEventMs <= 30 && ResidentMbAfter100 <= 350 && ResidentMbAtEnd <= ResidentMbAfter100 * 1.15
        && EventReadUs <= 5 && EventReadBytes <= 1000 && Sealing.Concat(Workspaces).Concat(Runtime).All(figure => figure.IsWithinBudget);

    public void Print(TextWriter to)
    {
        Line(to, "bare runc run true, p50", BareRuncMs, "ms", null);
        Line(to, "message -> first event, new container, p50", ColdFirstEventMs, "ms", null);
        Line(to, "  over bare runc", ColdOverBareMs, "ms", "<= 150");
        Line(to, "message -> first event, living container, p50", WarmFirstEventMs, "ms", "<= 30");
        Line(to, "control + door + runtime after 100 dispatches", ResidentMbAfter100, "MB", "<= 350");
        if (Dispatches > FewDispatches)
            Line(to, string.Create(CultureInfo.InvariantCulture, $"the same after {Dispatches} dispatches"), ResidentMbAtEnd, "MB", "<= +15 %");
        else
            to.WriteLine("its growth: not measured with --quick");
        Line(to, "reading an event by its contract", EventReadUs, "us", "<= 5");
        Line(to, "  into its record only", EventReadPlainUs, "us", null);
        Line(to, "  allocates", EventReadBytes, "B ", "<= 1000");
        foreach (var figure in Sealing.Concat(Workspaces).Concat(Runtime))
            figure.Print(to);
        to.WriteLine(WithinBudget ? "within budget" : "over budget");
    }

    private static void Line(TextWriter to, string what, double value, string unit, string? budget) =>
        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-48} {value,8:0.0} {unit}  {(budget is null ? "" : $"(budget {budget})")}"));
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(BenchReport))]
[JsonSerializable(typeof(FigureReport))]
internal sealed partial class BenchJson : JsonSerializerContext;
