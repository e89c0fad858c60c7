using System.Diagnostics;
using Vexa.Cli.Commands;

namespace Vexa.Cli.Attack;

/// <summary>A script of <c>attacks/host/</c>: it lives on the host as long as its standard input is open, and so never longer than this process.</summary>
internal sealed class HostProgram : IAsyncDisposable
{
    private readonly Process _process;

    private HostProgram(Process process, IReadOnlyDictionary<string, string> told) => (_process, Told) = (process, told);

    public int Pid => _process.Id;

    /// <summary>What it said when it was ready, as <c>name=value</c>.</summary>
    public IReadOnlyDictionary<string, string> Told { get; }

    /// <param name="command">Ends with the script.</param>
    /// <param name="lastLine">After this it is ready.</param>
    public static async Task<HostProgram> Start(
        IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment, IEnumerable<string> input, string lastLine, CancellationToken ct)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var process = Process.Start(start)!;
        foreach (var line in input)
            await process.StandardInput.WriteLineAsync(line.AsMemory(), ct);
        await process.StandardInput.FlushAsync(ct);
        var told = new Dictionary<string, string>(StringComparer.Ordinal);
        while (await process.StandardOutput.ReadLineAsync(ct) is { } line)
        {
            if (line == lastLine)
                return new HostProgram(process, told);
            if (line.Split('=', 2) is [var name, var value])
                told[name] = value;
        }

        throw Faults.Machine("attack-host", $"{command[^1]} ended before it was ready.", "What it says above is the cause; it needs root, and a kernel with network namespaces and message queues.");
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        try
        {
            await _process.WaitForExitAsync(bound.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }
}
