using System.Text.RegularExpressions;

namespace Vexa.Cli.Commands;

/// <summary>
/// What to type to run this program again: <c>vexa</c>, or as the launcher was called, in a fresh clone <c>./vexa</c>. Texts name commands as
/// <c>vexa up</c>, also those that come from a role; where they are shown to a person, they are told as that person can type them.
/// </summary>
internal static partial class CalledAs
{
    /// <summary>How the launcher was called.</summary>
    public const string Variable = "VEXA_COMMAND";

    public static string Name { get; } = NameFrom(Environment.GetEnvironmentVariable(Variable));

    public static string Tell(string text) => Tell(text, Name);

    internal static string Tell(string text, string name) => Command().Replace(text, name.Replace("$", "$$", StringComparison.Ordinal));

    // It is shown, so it has to be a plain path.
    internal static string NameFrom(string? variable) => variable is { Length: > 0 and <= 200 } && Plain().IsMatch(variable) ? variable : "vexa";

    [GeneratedRegex(@"(?<![\w./-])(\./)?vexa(?= (ask|chat|runs|show|events|cancel|undo|workspaces?|up|down|status|logs|token|key|backup|restore|reindex|verify|demo|doctor|setup|image|test|attack|rehearsal|bench|help)\b)")]
    private static partial Regex Command();

    [GeneratedRegex(@"^[\w./+@~-]+$")]
    private static partial Regex Plain();
}
