using System.Diagnostics;
using System.Text.Json.Nodes;
using Vexa.Cli.Rehearsal;

namespace Vexa.IntegrationTests.Cli;

/// <summary>The real Claude Code, from the agent image's own layer, against the shipped script.</summary>
public sealed class RehearsalOfRealCliTests : IDisposable
{
    private const string Renewal = "Record that Acme renewed at the Q3 pricing, effective July 1";
    private const string Question = "When does the renewal take effect?";
    private readonly string _folder = Directory.CreateTempSubdirectory("vexa-claude-").FullName;

    [Fact]
    public async Task It_records_a_renewal_and_knows_it_only_in_the_session_that_went_on()
    {
        await using var server = await RehearsalProcess.OnPort(await File.ReadAllTextAsync(RehearsalCommand.DefaultScript, TestContext.Current.CancellationToken));

        var first = await Claude(server, Renewal);
        var resumed = await Claude(server, Question, "--resume", (string)first["session_id"]!);
        var fresh = await Claude(server, Question);

        Assert.Equal("Recorded in customers/acme.md: Acme renewed at the Q3 pricing, effective July 1.", (string?)first["result"]);
        Assert.Contains("effective: July 1", await File.ReadAllTextAsync(Path.Combine(Work, "customers", "acme.md"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal("Acme's renewal takes effect on July 1.", (string?)resumed["result"]);
        Assert.Equal("I have no record of that in this session.", (string?)fresh["result"]);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Work => Path.Combine(_folder, "work");

    /// <returns>The last line that it printed: its result.</returns>
    private async Task<JsonNode> Claude(RehearsalProcess server, string prompt, params string[] more)
    {
        Directory.CreateDirectory(Work);
        var start = new ProcessStartInfo(Binary(),
            [
                "-p", "--output-format", "stream-json", "--verbose", "--include-partial-messages", "--setting-sources", "user", "--strict-mcp-config",
                "--permission-mode", "acceptEdits", "--allowedTools", "Write", .. more, "--", prompt,
            ])
        {
            WorkingDirectory = Work,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment.Clear();
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["PATH"] = "/usr/bin:/bin",
            ["HOME"] = _folder,
            ["CLAUDE_CONFIG_DIR"] = Path.Combine(_folder, "state"),
            ["ANTHROPIC_BASE_URL"] = server.Address,
            ["ANTHROPIC_API_KEY"] = "none",
            ["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"] = "1",
            ["DISABLE_AUTOUPDATER"] = "1",
        })
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(process.ExitCode == 0, output);
        return JsonNode.Parse(lines[^1])!;
    }

    private static string Binary()
    {
        var images = Environment.GetEnvironmentVariable("VEXA_TEST_IMAGES") ?? throw new InvalidOperationException("Run the tests by ./vexa test: they need the agent image.");
        return Directory.EnumerateDirectories(Path.Combine(images, "agent", "layers"))
            .Select(layer => Path.Combine(layer, "node_modules", "@anthropic-ai"))
            .Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "claude", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 }))
            .First();
    }
}
