namespace Vexa.Worker.Processes;

/// <summary>How a process ended: with a code, or by a signal; neither where that is not known.</summary>
internal readonly record struct ExitStatus(int? Code, int? Signal)
{
    /// <summary>From what <c>waitpid</c> reports.</summary>
    public static ExitStatus FromWait(int status) => (status & 0x7F) == 0 ? new((status >> 8) & 0xFF, null) : new(null, status & 0x7F);

    public override string ToString() => this switch
    {
        { Signal: { } signal } => $"signal {signal}{Name(signal)}",
        { Code: { } code } => $"exit code {code}",
        _ => "exit status unknown",
    };

    private static string Name(int signal) => signal switch
    {
        6 => " (SIGABRT)",
        9 => " (SIGKILL)",
        11 => " (SIGSEGV)",
        13 => " (SIGPIPE)",
        15 => " (SIGTERM)",
        _ => "",
    };
}
