using System.Diagnostics;

namespace Vexa.Runtime.Workloads;

/// <summary>
/// Names the steps of a start for whoever listens (<c>vexa bench --anatomy</c>, a tracer). Where nobody does, a step costs a null check.
/// </summary>
public static class StartSteps
{
    /// <summary>What to listen to.</summary>
    public const string SourceName = "Vexa.Runtime.Start";

    private static readonly ActivitySource Source = new(SourceName);

    internal static Activity? Begin(string step) => Source.StartActivity(step);
}
