using Vexa.Contracts;

namespace Vexa.Cli.Commands;

/// <summary>The two kinds of failure that the command line itself can find.</summary>
internal static class Faults
{
    /// <summary>The machine or its settings have to be mended.</summary>
    public static VexaException Machine(string rule, string message, string hint, Exception? cause = null) =>
        new(Stage.Request, Party.Operator, rule, message, hint, cause);

    /// <summary>The command line, or a file it names, has to be mended.</summary>
    public static VexaException Input(string rule, string message, string hint, Exception? cause = null) =>
        new(Stage.Request, Party.Caller, rule, message, hint, cause);

    /// <summary>What should not have happened, in one line; where it happened is for those who ask.</summary>
    public static VexaException Unexpected(Exception fault) => new(Stage.Request, Party.Vexa, "unexpected",
        $"It failed unexpectedly: {fault.Message.Split('\n')[0].Trim()} ({fault.GetType().Name})", "If that does not tell the cause, run it again with VEXA_DEBUG=1: it shows where it failed.", fault);

    /// <summary>The stack does not run.</summary>
    public static VexaException NotRunning() => Machine("not-running", "The stack is not running.", "Start it: vexa up --detach");
}
