using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Vexa.Cli.Commands;
using Vexa.Contracts;

namespace Vexa.Cli.Stack;

/// <summary>One process of a role, from its start to its end.</summary>
internal sealed class RoleProcess : IDisposable
{
    private readonly Process _process;
    private readonly CancellationTokenSource _pumping = new();
    private readonly Task _pumps;

    private RoleProcess(Process process, RoleLog log)
    {
        _process = process;
        Stamp = ProcessStamp.Of(process.Id);
        process.StandardInput.Close();
        _pumps = Task.WhenAll(
            log.Pump(process.StandardOutput.BaseStream, _pumping.Token),
            log.Pump(process.StandardError.BaseStream, _pumping.Token));
    }

    /// <summary>Null where it ended before anyone could look.</summary>
    public ProcessStamp? Stamp { get; }

    public bool HasExited => _process.HasExited;

    /// <exception cref="VexaException">It cannot be started.</exception>
    public static async Task<RoleProcess> Start(RoleSpec role, Spawner spawner, RoleLog log)
    {
        try
        {
            return new RoleProcess(await spawner.Start(role), log);
        }
        catch (Win32Exception fault)
        {
            throw Faults.Machine("role-start", $"{role.Name} cannot be started: {fault.Message}", "Install what is missing: vexa setup", fault);
        }
    }

    /// <summary>Ends when the process has ended.</summary>
    /// <returns>How it ended: <c>exit 1</c>, <c>signal 9</c>.</returns>
    public async Task<string> Exited(CancellationToken ct)
    {
        await _process.WaitForExitAsync(ct);
        var code = _process.ExitCode;
        return code > 128 ? $"signal {(code - 128).ToString(CultureInfo.InvariantCulture)}" : $"exit {code.ToString(CultureInfo.InvariantCulture)}";
    }

    public void Ask() => Stamp?.Signal(Libc.SigTerm);

    public void Kill() => Stamp?.Signal(Libc.SigKill);

    /// <summary>Takes what it printed last, but does not wait long for a grandchild that still holds the pipe.</summary>
    public async Task Drain(TimeSpan longest, TimeProvider time)
    {
        await Task.WhenAny(_pumps, Task.Delay(longest, time));
        await _pumping.CancelAsync();
    }

    public void Dispose()
    {
        _pumping.Cancel();
        _pumping.Dispose();
        _process.Dispose();
    }
}
