using Vexa.Worker.Processes;

namespace Vexa.Worker.Formats;

/// <summary>
/// Turns the lines that one run of a CLI prints into frames. Pure: lines in, frames out; no clock, no process, no door. One sibling per
/// <see cref="StreamFormat"/>. Nothing that a CLI prints makes it throw, and what it remembers is bounded.
/// </summary>
internal abstract class StreamTranslator
{
    /// <summary>The answer is kept up to here, for <see cref="TurnComplete.Reply"/>.</summary>
    protected const int MaxReply = 128 * 1024;

    /// <summary>The CLI's own id of the session, once it was printed.</summary>
    public string? Session { get; protected set; }

    /// <summary>True once the CLI said that it is done; what still comes is of no interest.</summary>
    public bool HasResult { get; protected set; }

    public static StreamTranslator For(AgentRunner runner) => runner.Stream switch
    {
        StreamFormat.ClaudeStreamJson => new ClaudeStreamJson(runner.Session.IdFrom ?? "session_id"),
        StreamFormat.Text => new PlainText(),
        _ => throw new VexaException(Stage.Runner, Party.Vexa, "unknown-stream-format", $"The worker does not know the stream format {runner.Stream}.",
            "Build the agent image again, so that worker and control plane have the same version."),
    };

    /// <summary>Takes in one line.</summary>
    /// <param name="line">UTF-8, without its line end; anything at all.</param>
    /// <param name="cut">True where the line was longer than <see cref="LineSplitter.MaxLine"/> and its rest was dropped.</param>
    /// <param name="frames">Gets what the line became.</param>
    public abstract void Line(ReadOnlySpan<byte> line, bool cut, List<UnitEvent> frames);

    /// <summary>What came of the run.</summary>
    /// <param name="exit">How the process ended: worth little, since CLIs exit with 0 after errors and with 1 after success.</param>
    /// <param name="errors">The end of what it printed to standard error.</param>
    public abstract RunOutcome Finish(ExitStatus exit, string errors);

    /// <summary>The failure of a CLI that ended without saying how its turn went.</summary>
    protected static VexaException Ended(string rule, string what, ExitStatus exit, string errors) => new(Stage.Runner, Party.Agent, rule,
        errors.Length == 0 ? $"{what} ({exit})." : $"{what} ({exit}); it last wrote: {SafeText.Of(errors.Trim(), 600)}",
        "Try again; if it stays so, run the same command in the agent image by hand, or check the runner's argv and stream.");
}

/// <param name="Failure">Why <paramref name="Ok"/> is false.</param>
internal sealed record RunOutcome(bool Ok, string? Reply, VexaException? Failure);
