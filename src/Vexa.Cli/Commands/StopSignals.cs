using System.CommandLine;
using System.Runtime.InteropServices;

namespace Vexa.Cli.Commands;

/// <summary>SIGINT, SIGTERM and SIGHUP as two tokens: the first signal asks, the second forces.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _ask = new();
    private readonly CancellationTokenSource _force = new();
    private readonly PosixSignalRegistration[] _registrations;

    public StopSignals() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
        PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal),
    ];

    public CancellationToken Ask => _ask.Token;

    public CancellationToken Force => _force.Token;

    /// <summary>An action that a signal asks to stop, so that it clears up behind itself; the second ends it at once.</summary>
    public static Func<ParseResult, CancellationToken, Task<int>> Stoppable(Func<ParseResult, CancellationToken, Task<int>> action) => async (parsed, _) =>
    {
        using var signals = new StopSignals();
        signals.EndAtSecond();
        return await action(parsed, signals.Ask);
    };

    /// <summary>For a command that has nothing to force: the second signal ends it.</summary>
    public void EndAtSecond() => _force.Token.UnsafeRegister(static _ => Environment.Exit(ExitCodes.Interrupted), null);

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _ask.Dispose();
        _force.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        if (_ask.IsCancellationRequested)
            _force.Cancel();
        else
            _ask.Cancel();
    }
}
