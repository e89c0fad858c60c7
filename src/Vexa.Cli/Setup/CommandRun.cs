using System.ComponentModel;
using System.Diagnostics;

namespace Vexa.Cli.Setup;

/// <summary>What a short command of the system answered.</summary>
/// <param name="ExitCode">-1 where it could not be run or took too long.</param>
internal sealed record CommandRun(int ExitCode, string Output)
{
    public static async Task<CommandRun> Capture(IReadOnlyList<string> command, TimeSpan longest, CancellationToken ct)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bound.CancelAfter(longest);
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            try
            {
                var output = process.StandardOutput.ReadToEndAsync(bound.Token);
                var error = process.StandardError.ReadToEndAsync(bound.Token);
                await process.WaitForExitAsync(bound.Token);
                return new CommandRun(process.ExitCode, await output + await error);
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                process.Kill(entireProcessTree: true);
                return new CommandRun(-1, "");
            }
        }
        catch (Win32Exception)
        {
            return new CommandRun(-1, "");
        }
    }
}
