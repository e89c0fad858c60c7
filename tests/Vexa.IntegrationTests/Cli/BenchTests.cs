using System.Diagnostics;
using Vexa.Cli.Stack;

namespace Vexa.IntegrationTests.Cli;

/// <summary>How the bench behaves; what it measures is another matter.</summary>
public sealed class BenchTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("vexa-bench-test-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task An_argument_that_it_does_not_know_is_refused()
    {
        using var bench = Start("--fast");
        var errors = await bench.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await bench.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(2, bench.ExitCode);
        Assert.Contains("--fast", errors, StringComparison.Ordinal);
        Assert.Contains("--quick", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ctrl_C_stops_its_stack()
    {
        Directory.CreateSymbolicLink(Path.Combine(_data, "images"), Environment.GetEnvironmentVariable("VEXA_TEST_IMAGES")!);
        using var bench = Start("--quick");
        while (await bench.StandardError.ReadLineAsync(TestContext.Current.CancellationToken) is { } line && !line.StartsWith("measuring: ", StringComparison.Ordinal))
        {
        }

        var run = $"/dev/shm/vexa-bench/{bench.Id}";
        Assert.True(Directory.Exists(run));
        Libc.Kill(bench.Id, 2);
        await bench.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(130, bench.ExitCode);
        Assert.False(Directory.Exists(run));
    }

    private Process Start(string argument)
    {
        // The same configuration as these tests': bin/<configuration>/<framework>.
        var output = Path.GetRelativePath(Repository.Path("tests", "Vexa.IntegrationTests"), AppContext.BaseDirectory);
        var start = new ProcessStartInfo("env", ["--default-signal=INT,QUIT", "dotnet", Path.Combine(Repository.Path("bench", "Vexa.Bench"), output, "Vexa.Bench.dll"), argument])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["VEXA_HOME"] = Repository.Root;
        start.Environment["VEXA_DATA"] = _data;
        return Process.Start(start)!;
    }
}
