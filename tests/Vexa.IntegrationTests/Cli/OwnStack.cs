using System.Diagnostics;
using System.Text.Json.Nodes;
using Vexa.IntegrationTests.Drivers;

namespace Vexa.IntegrationTests.Cli;

/// <summary>
/// The command line with folders and a port of the test's own; nothing is started by itself. Disposing fails the test where a process or
/// a folder of it is left.
/// </summary>
internal sealed class OwnStack : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vexa-own-").FullName;

    public OwnStack() => Settings = new Dictionary<string, string>
    {
        ["VEXA_DATA"] = Data,
        ["VEXA_RUN"] = Run,
        ["VEXA_LISTEN"] = $"127.0.0.1:{Port}",
        ["VEXA_HOME"] = Home(),
        ["ANTHROPIC_API_KEY"] = "",
        ["VEXA_INFERENCE_URL"] = "",
        ["VEXA_REDIS"] = "",
    };

    public string Data => Path.Combine(_folder, "data");

    public string Run { get; } = $"/dev/shm/vexa-test/{Guid.NewGuid().ToString("n")[..8]}";

    public int Port { get; } = FreePort.Take();

    public Dictionary<string, string> Settings { get; }

    /// <summary>Runs a command to its end.</summary>
    public async Task<(int Exit, string Output, string Errors)> Vexa(params string[] arguments)
    {
        using var process = Start(arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await errors);
    }

    public Process Start(params string[] arguments)
    {
        // Whoever runs the tests in the background ignores SIGINT, and what is ignored is inherited: Ctrl-C would not be heard.
        var start = new ProcessStartInfo("env", ["--default-signal=INT,QUIT", "dotnet", Path.Combine(AppContext.BaseDirectory, "vexa.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var (name, value) in Settings)
            start.Environment[name] = value;
        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    /// <summary>The agent image that the tests were given, for those that need containers.</summary>
    public void UseImages()
    {
        Directory.CreateDirectory(Data);
        var images = Environment.GetEnvironmentVariable("VEXA_TEST_IMAGES") ?? throw new InvalidOperationException("Run the tests by ./vexa test: they need the agent image.");
        Directory.CreateSymbolicLink(Path.Combine(Data, "images"), images);
    }

    public async Task Up()
    {
        var (exit, output, errors) = await Vexa("up", "--detach", "--json");
        Assert.True(exit == 0, output + errors);
    }

    /// <summary>What <c>vexa status --json</c> tells; null while nothing runs.</summary>
    public async Task<JsonNode?> Status()
    {
        var status = JsonNode.Parse((await Vexa("status", "--json")).Output);
        return status?["roles"] is null ? null : status;
    }

    public async Task<JsonNode> Role(string name) => (await Status())!["roles"]!.AsArray().Single(role => (string?)role!["name"] == name)!;

    public async Task<int> Supervisor() => (int)(await Status())!["pid"]!;

    public Task AwaitHealthy() => Until.IsTrue(async () => await Status() is { } status && (bool)status["ok"]! ? "" : null);

    /// <summary>Every process that has this stack's runtime folder in its command or environment, except the commands of this test.</summary>
    public List<int> Processes() =>
    [
        .. Directory.EnumerateDirectories("/proc").Select(folder => Path.GetFileName(folder)).Where(name => char.IsAsciiDigit(name[0]))
            .Where(pid => Read(pid, "cmdline").Contains(Run, StringComparison.Ordinal) || Read(pid, "environ").Contains($"VEXA_RUN={Run}", StringComparison.Ordinal))
            .Select(int.Parse),
    ];

    public Task AwaitNothingLeft() => Until.IsTrue(() => Task.FromResult(Processes().Count == 0 ? "" : null));

    public async ValueTask DisposeAsync()
    {
        var (exit, output, errors) = await Vexa("down");
        var left = Processes();
        foreach (var pid in left)
            using (var process = Process.GetProcessById(pid))
                process.Kill();
        var folderLeft = Directory.Exists(Run);
        Directory.Delete(_folder, recursive: true);

        Assert.True(exit == 0, output + errors);
        Assert.Empty(left);
        Assert.False(folderLeft, $"{Run} was left");
    }

    private static string Read(string pid, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/{file}");
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static string Home()
    {
        var folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Vexa.slnx")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? "";
    }
}
