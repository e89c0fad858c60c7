using System.Text.Json.Serialization;

namespace Vexa.Cli.Setup;

/// <summary>One thing that was looked at.</summary>
/// <param name="Detail">What was found: a version, a size.</param>
/// <param name="Mend">The exact command or step that mends it, where something is wrong.</param>
internal sealed record Finding(string Name, Verdict Verdict, string Detail, string? Mend = null)
{
    public static Finding Ok(string name, string detail) => new(name, Verdict.Ok, detail);

    /// <summary>It works, but somebody should know.</summary>
    public static Finding Warn(string name, string detail, string mend) => new(name, Verdict.Warn, detail, mend);

    public static Finding Wrong(string name, string detail, string mend) => new(name, Verdict.Wrong, detail, mend);
}

[JsonConverter(typeof(JsonStringEnumConverter<Verdict>))]
internal enum Verdict
{
    [JsonStringEnumMemberName("ok")] Ok,
    [JsonStringEnumMemberName("warn")] Warn,
    [JsonStringEnumMemberName("wrong")] Wrong,
}
