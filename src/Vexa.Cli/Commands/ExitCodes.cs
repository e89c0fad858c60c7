using Vexa.Contracts;

namespace Vexa.Cli.Commands;

/// <summary>What every command answers to the shell. Part of the interface: scripts branch on it.</summary>
internal static class ExitCodes
{
    /// <summary>Done.</summary>
    public const int Ok = 0;
    /// <summary>It was tried and failed.</summary>
    public const int Failed = 1;
    /// <summary>The command line or the request is wrong; nothing was done.</summary>
    public const int Usage = 2;
    /// <summary>The stack, or a part of the machine that it needs, is not there.</summary>
    public const int Unavailable = 3;
    /// <summary>Not signed in, or not allowed.</summary>
    public const int Refused = 4;
    /// <summary>No such run, session, workspace or file.</summary>
    public const int NotFound = 5;
    /// <summary>Ended by Ctrl-C.</summary>
    public const int Interrupted = 130;

    /// <summary>The exit code of a failure: its HTTP status where it has one, else whose fault it is.</summary>
    public static int Of(VexaException failure) => failure switch
    {
        { Status: 401 or 403 } or { Stage: Stage.Authenticate } => Refused,
        { Status: 404 } => NotFound,
        { Status: 429 or 502 or 503 or 504 } => Unavailable,
        { Status: 400 or 413 or 422 } => Usage,
        { Status: not null } => Failed,
        { Party: Party.Caller, Stage: Stage.Request } => Usage,
        { Party: Party.Operator } => Unavailable,
        _ => Failed,
    };
}
