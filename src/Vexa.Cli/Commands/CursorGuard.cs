using System.Runtime.InteropServices;

namespace Vexa.Cli.Commands;

/// <summary>A spinner hides the cursor; whoever ends the command by a signal gets it back. The signal does what it always does.</summary>
internal sealed class CursorGuard : IDisposable
{
    private const string ShowCursor = "\e[?25h";
    private readonly PosixSignalRegistration[] _registrations = Console.IsErrorRedirected
        ? []
        : [PosixSignalRegistration.Create(PosixSignal.SIGINT, Show), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Show)];

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
    }

    private static void Show(PosixSignalContext context) => Console.Error.Write(ShowCursor);
}
