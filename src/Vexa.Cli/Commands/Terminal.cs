using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Spectre.Console;
using Vexa.Contracts;

namespace Vexa.Cli.Commands;

/// <summary>
/// Where a command speaks. Results go to standard output; what it is doing, and errors, go to standard error. With
/// <c>--json</c> standard output holds one JSON object and nothing else, also for a failure.
/// </summary>
internal sealed class Terminal
{
    private Terminal(bool json)
    {
        Json = json;
        Progress = json ? ConsoleOn(TextWriter.Null, redirected: true) : ConsoleOn(Console.Error, Console.IsErrorRedirected);
        Output = json ? ConsoleOn(TextWriter.Null, redirected: true) : ConsoleOn(Console.Out, Console.IsOutputRedirected);
    }

    /// <summary>One option for every command that has a result.</summary>
    public static Option<bool> JsonOption(string description = "One JSON object instead of text.") => new(JsonName) { Description = description };

    private const string JsonName = "--json";

    public bool Json { get; }

    /// <summary>For what goes on meanwhile; silent with <c>--json</c>.</summary>
    public IAnsiConsole Progress { get; }

    /// <summary>The result in colour; silent with <c>--json</c>.</summary>
    public IAnsiConsole Output { get; }

    public static Terminal Of(ParseResult parsed) => new(parsed.Tokens.Any(token => token.Value == JsonName));

    public static Terminal Text() => new(json: false);

    /// <summary>A line of the result.</summary>
    public void Line(string text = "")
    {
        if (!Json)
            Console.Out.WriteLine(text);
    }

    /// <summary>A line of ours that tells what to do next.</summary>
    public void Advise(string text) => Line(CalledAs.Tell(text));

    /// <summary>The same, where it is not part of the result; silent with <c>--json</c>.</summary>
    public void AdviseAside(string text) => Progress.WriteLine(CalledAs.Tell(text));

    /// <summary>The result, for programs.</summary>
    public void Result<T>(T value, JsonTypeInfo<T> type)
    {
        if (Json)
            Console.Out.WriteLine(JsonSerializer.Serialize(value, type));
    }

    /// <summary>Tells of a failure: what happened and what mends it.</summary>
    /// <returns>Its exit code.</returns>
    public int Fail(VexaException failure)
    {
        var exit = ExitCodes.Of(failure);
        if (Json)
        {
            Result(new CommandFailure(Ok: false, failure.Rule, CalledAs.Tell(failure.Message), CalledAs.Tell(failure.Hint), exit), TerminalJson.Default.CommandFailure);
            return exit;
        }

        Progress.MarkupLineInterpolated($"[red]error:[/] {CalledAs.Tell(failure.Message)}");
        Progress.MarkupLineInterpolated($"[green]mend:[/]  {CalledAs.Tell(failure.Hint)}");
        return exit;
    }

    // A file or a pipe gets neither colour nor spinners, and no line is broken: the terminal does that by itself.
    private static IAnsiConsole ConsoleOn(TextWriter writer, bool redirected)
    {
        var plain = redirected || Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 };
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = plain ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = plain ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = redirected ? InteractionSupport.No : InteractionSupport.Detect,
        });
        console.Profile.Width = int.MaxValue;
        return console;
    }
}

/// <summary>What <c>--json</c> prints where a command failed.</summary>
internal sealed record CommandFailure(bool Ok, string Rule, string Error, string Mend, int Exit);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CommandFailure))]
internal sealed partial class TerminalJson : JsonSerializerContext;
