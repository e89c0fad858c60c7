using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Vexa.Bench;

/// <summary>
/// The yardstick: <c>true</c> in the plain bundle that runc itself proposes, on the agent image's own root file system, by the engine alone.
/// </summary>
internal sealed class BareEngine : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vexa-bare-").FullName;
    private readonly string _program;
    private readonly string[] _options;

    private BareEngine(string program, string[] options) => (_program, _options) = (program, options);

    public static Task<BareEngine> Runc() => Create("runc", []);

    public static Task<BareEngine> Runsc() => Create("runsc", ["--network=none"]);

    public Task<TimeSpan> RunTrue() => Measure.Time(async () =>
    {
        using var engine = Process.Start(_program, ["--root", Path.Combine(_folder, "state"), .. _options, "run", "--bundle", _folder, $"bare-{Path.GetFileName(_folder)}".ToLowerInvariant()]);
        await engine.WaitForExitAsync();
        if (engine.ExitCode != 0)
            throw new InvalidOperationException($"{_program} run true failed.");
    });

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task<BareEngine> Create(string program, string[] options)
    {
        var engine = new BareEngine(program, options);
        using (var spec = Process.Start("runc", ["spec", "--bundle", engine._folder]))
            await spec.WaitForExitAsync();

        var file = Path.Combine(engine._folder, "config.json");
        var config = JsonNode.Parse(await File.ReadAllTextAsync(file))!;
        config["process"]!["terminal"] = false;
        config["process"]!["args"] = new JsonArray("true");
        config["root"] = new JsonObject { ["path"] = BenchImage.Root, ["readonly"] = true };
        await File.WriteAllTextAsync(file, config.ToJsonString());
        return engine;
    }
}
