namespace Vexa.Worker;

/// <summary>How the worker's process ends; the runtime records it.</summary>
internal static class ExitCode
{
    /// <summary>Nothing more came in the idle time.</summary>
    public const int Idle = 0;
    /// <summary>A fault of the worker itself.</summary>
    public const int Failed = 1;
    /// <summary>The door refused for good: the dispatch has ended or its token is not accepted.</summary>
    public const int Refused = 2;
    /// <summary>The door stayed away for too long.</summary>
    public const int Unreachable = 3;
    /// <summary>The order could not be understood.</summary>
    public const int BadOrder = 64;
    /// <summary>Ended by SIGTERM.</summary>
    public const int Stopped = 143;
}
