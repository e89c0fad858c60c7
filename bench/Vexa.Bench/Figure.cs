using System.Globalization;

namespace Vexa.Bench;

/// <summary>One measured figure with its budget.</summary>
/// <param name="Value">Absent where it was not measured.</param>
/// <param name="Most">The budget: the value may not be above it; absent, it has none.</param>
/// <param name="Note">Why it was not measured, or what else has to be known.</param>
internal sealed record Figure(string Name, double? Value, string Unit, double? Most = null, string? Note = null)
{
    public bool IsWithinBudget => Value is not { } value || Most is not { } most || value <= most;

    public static Figure NotMeasured(string name, string why) => new(name, Value: null, Unit: "", Note: $"not measured: {why}");

    public void Print(TextWriter to) => to.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{Name,-64} {(Value is { } value ? string.Create(CultureInfo.InvariantCulture, $"{value,8:0.00} {Unit}") : "")}{(Most is { } most ? string.Create(CultureInfo.InvariantCulture, $"  (budget <= {most})") : "")}{(IsWithinBudget ? "" : "  OVER")}{(Note is null ? "" : $"  {Note}")}"));
}

/// <summary>What was measured of a part of the system, alone.</summary>
internal sealed record FigureReport(IReadOnlyList<Figure> Figures)
{
    public bool WithinBudget => Figures.All(figure => figure.IsWithinBudget);

    public void Print(TextWriter to)
    {
        foreach (var figure in Figures)
            figure.Print(to);
        to.WriteLine(WithinBudget ? "within budget" : "over budget");
    }
}
