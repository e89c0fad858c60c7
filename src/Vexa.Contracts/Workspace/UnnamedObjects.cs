namespace Vexa.Contracts;

/// <summary>The record <c>unnamed/&lt;workspace&gt;</c>: bundles that no manifest named when somebody looked, and when that was first so.</summary>
/// <param name="Seen">By the name of the bundle.</param>
[Contract("record.v1")]
public sealed record UnnamedObjects(IReadOnlyDictionary<string, DateTimeOffset> Seen);
