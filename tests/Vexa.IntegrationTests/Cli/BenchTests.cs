using System.Diagnostics;
using System.Globalization;
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
        var more = await bench.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await bench.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(bench.ExitCode == 130, $"{bench.ExitCode}\n{more}");
        Assert.False(Directory.Exists(run));
    }

    [Fact]
    public async Task Idle_dispatches_are_found_alive_in_their_control_groups_and_no_group_is_left_of_them()
    {
        Directory.CreateSymbolicLink(Path.Combine(_data, "images"), Environment.GetEnvironmentVariable("VEXA_TEST_IMAGES")!);
        using var bench = Start("--runtime", "--quick");
        var figures = new List<string>();
        while (await bench.StandardError.ReadLineAsync(TestContext.Current.CancellationToken) is { } line && !line.StartsWith("measuring: cold starts", StringComparison.Ordinal))
            figures.Add(line);
        Libc.Kill(bench.Id, 2);
        var more = await bench.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await bench.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(bench.ExitCode == 130, $"{bench.ExitCode}\n{string.Join('\n', figures)}\n{more}");
        Assert.Equal(0, Told("not alive"));
        Assert.InRange(Told("memory of its control group"), 1, 100);
        Assert.Equal(0, Told("control groups left"));

        double Told(string name) => double.Parse(
            Assert.Single(figures, figure => figure.Contains(name, StringComparison.Ordinal))[64..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture);
    }

    private Process Start(params string[] arguments)
    {
        // The same configuration as these tests': bin/<configuration>/<framework>.
        var output = Path.GetRelativePath(Repository.Path("tests", "Vexa.IntegrationTests"), AppContext.BaseDirectory);
        var start = new ProcessStartInfo("env", ["--default-signal=INT,QUIT", "dotnet", Path.Combine(Repository.Path("bench", "Vexa.Bench"), output, "Vexa.Bench.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["VEXA_HOME"] = Repository.Root;
        start.Environment["VEXA_DATA"] = _data;
        return Process.Start(start)!;
    }
}
