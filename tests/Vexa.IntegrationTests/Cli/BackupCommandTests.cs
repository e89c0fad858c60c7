using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Vexa.Hosting;
using Vexa.IntegrationTests.Drivers;

namespace Vexa.IntegrationTests.Cli;

/// <summary>A stack that is backed up while it runs, and another machine that has nothing but the backup and the key file.</summary>
public sealed class BackupCommandTests : IAsyncLifetime
{
    private static readonly WorkspaceId Notes = Id.Parse<WorkspaceId>("notes");
    private readonly string _folder = Directory.CreateTempSubdirectory("vexa-backups-").FullName;
    private RunningStack _stack = null!;

    public async ValueTask InitializeAsync() => _stack = await RunningStack.Start();

    public async ValueTask DisposeAsync()
    {
        if (_stack is not null)
            await _stack.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private string Place => Path.Combine(_folder, "backups");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_empty_machine_gets_back_every_workspace_run_token_and_receipt_and_goes_on()
    {
        await _stack.CreateWorkspace(Notes.Value, new Dictionary<string, string> { ["a.md"] = "one\n" });
        var turn = await _stack.Ask("echo kept > /workspaces/notes/kept.md; echo said", workspaces: [new WorkspaceAccess(Notes, AccessMode.Rw)]);
        var run = await _stack.AwaitEnd(turn.Dispatch);
        var sha = run.Turns[0].Commits[0].Sha;
        await Until.IsTrue(async () => (await Verify(_stack.Vexa, sha)).Exit == 0 ? "" : null);
        var other = JsonNode.Parse((await _stack.Vexa("token", "new", "--json")).Output)!["token"]!.GetValue<string>();

        var (exit, output, errors) = await _stack.Vexa("backup", Place, "--json");
        Assert.True(exit == 0, output + errors);
        var made = JsonNode.Parse(output)!;
        Assert.Equal((true, 2, Path.Combine(_stack.Data, "keys", "seal.keys")), ((bool)made["ok"]!, (int)made["workspaces"]!, (string)made["key_file"]!));
        Assert.Equal(Path.Combine(_stack.Data, "keys", "seal.keys"), (await _stack.Vexa("backup", Place)).Output.Split('\n').Single(line => line.StartsWith("What opens it", StringComparison.Ordinal)).Split(": ")[1]);
        Assert.Equal(2, JsonNode.Parse((await _stack.Vexa("backup", "list", Place, "--json")).Output)!["snapshots"]!.AsArray().Count);
        Assert.Equal(0, (await _stack.Vexa("backup", "check", Place)).Exit);
        Assert.Contains("running", (await _stack.Vexa("restore", Place)).Errors, StringComparison.Ordinal);

        await using var machine = new OwnStack();
        machine.UseImages();
        machine.Settings["VEXA_REHEARSAL"] = Path.Combine(AppContext.BaseDirectory, "Drivers", "rehearsal.yaml");
        machine.Settings["VEXA_KEY_FILE"] = "";
        machine.Settings["VEXA_PASSPHRASE_FILE"] = "";
        Assert.Contains("key-missing", (await machine.Vexa("restore", Place, "--json")).Output, StringComparison.Ordinal);
        BringKeyFile(machine);
        (exit, output, errors) = await machine.Vexa("restore", Place, "--json");
        Assert.True(exit == 0, output + errors);
        Assert.Contains("bucket-not-empty", (await machine.Vexa("restore", Place, "--json")).Output, StringComparison.Ordinal);
        await machine.Up();

        foreach (var token in (string[])[_stack.Token, other])
        {
            using var api = Api(machine, token);
            Assert.Equal("kept\n", await api.GetStringAsync(new Uri("/v1/workspaces/notes/file?path=kept.md", UriKind.Relative), Stop));
            using var answer = await api.GetAsync(new Uri($"/v1/runs/{run.Id}", UriKind.Relative), Stop);
            Assert.Equal(JsonSerializer.Serialize(run, VexaJson.Default.Run), JsonSerializer.Serialize(await answer.ReadOrThrow(VexaJson.Default.Run, Stop), VexaJson.Default.Run));
            Assert.Contains("said", await api.GetStringAsync(new Uri($"/v1/runs/{run.Id}/events", UriKind.Relative), Stop), StringComparison.Ordinal);
        }

        // Redis is empty, the signing key is another one, and the session and its runner are as they were.
        Assert.True((await Verify(machine.Vexa, sha)).Exit == 0);
        using (var api = Api(machine, _stack.Token))
        using (var answer = await api.PostAsync(new Uri("/v1/chat", UriKind.Relative), JsonContent.Create(new ChatRequest { Prompt = "cat /workspaces/notes/kept.md", Session = turn.Session, Limits = new DispatchLimits { IdleSeconds = 1 } }, VexaJson.Default.ChatRequest), Stop))
            Assert.Contains("kept", await answer.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        var sound = JsonNode.Parse((await machine.Vexa("reindex", "--json")).Output)!;
        Assert.True((bool)sound["ok"]!, sound.ToJsonString());
        Assert.Equal(2, (int)sound["workspaces"]!);
    }

    [Fact]
    public async Task Old_snapshots_go_and_one_backup_runs_at_a_time()
    {
        for (var i = 0; i < 3; i++)
            Assert.Equal(0, (await _stack.Vexa("backup", Place, "--keep", "2")).Exit);
        Assert.Equal(2, JsonNode.Parse((await _stack.Vexa("backup", "list", Place, "--json")).Output)!["snapshots"]!.AsArray().Count);
        var (exit, output, _) = await _stack.Vexa("backup", "prune", Place, "--keep", "1");
        Assert.True(exit == 0 && output.Contains("Left: 1 snapshot.", StringComparison.Ordinal), output);

        await using (new FileStream(Path.Combine(_stack.Data, "backup.lock"), FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            Assert.Contains("backup-running", (await _stack.Vexa("backup", Place, "--json")).Output, StringComparison.Ordinal);
        Assert.Equal(2, (await _stack.Vexa("backup", "prune", Place, "--keep", "0")).Exit);
        Assert.Equal(2, (await _stack.Vexa("backup")).Exit);
        Assert.Contains("backup-place", (await _stack.Vexa("backup", Path.Combine(_stack.Data, "bucket", "in"), "--json")).Output, StringComparison.Ordinal);
        Assert.Contains("backup-place", (await _stack.Vexa("backup", _stack.Data, "--json")).Output, StringComparison.Ordinal);
        Assert.Contains("backup-missing", (await _stack.Vexa("backup", "list", Path.Combine(_folder, "nowhere"), "--json")).Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_folder, "nowhere")));
    }

    [Fact]
    public async Task A_check_of_what_is_stored_names_what_is_wrong_and_mends_what_follows_from_the_rest()
    {
        var turn = await _stack.Ask("echo x > x.md");
        await _stack.AwaitEnd(turn.Dispatch);
        var records = await _stack.OpenRecords();
        // Closing ends with the removal of this record, which would take ours too.
        await Until.IsTrue(async () => await records.Read($"runs/live/{turn.Dispatch}", VexaJson.Default.Run, Stop) is null ? "" : null);
        await records.Put($"runs/live/{turn.Dispatch}", (await records.Read($"runs/ended/{turn.Dispatch}", VexaJson.Default.Run, Stop))!.Value, VexaJson.Default.Run, Stop);
        await records.Put("sessions/s-wrong", new RecordsKey("bm90IGEgc2Vzc2lvbg"), VexaJson.Default.RecordsKey, Stop);
        var bundle = Directory.GetFiles(Path.Combine(_stack.Data, "bucket", "workspaces", "home", "bundles"))[0];
        var bytes = await File.ReadAllBytesAsync(bundle, Stop);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(bundle, bytes, Stop);
        await File.WriteAllTextAsync(Path.Combine(_stack.Data, "bucket", "sessions", "s-open"), "in clear", Stop);

        var (exit, output, _) = await _stack.Vexa("reindex", "--json");
        var report = JsonNode.Parse(output)!;
        Assert.Equal(1, exit);
        Assert.Equal([$"runs/live/{turn.Dispatch}"], report["repaired"]!.AsArray().Select(key => (string)key!));
        Assert.Equal(
            [("not-sealed", "sessions/s-open"), ("object-damaged", Path.GetRelativePath(Path.Combine(_stack.Data, "bucket"), bundle)), ("record-damaged", "sessions/s-wrong")],
            report["faults"]!.AsArray().Select(fault => ((string)fault!["rule"]!, (string)fault["key"]!)).Order());
        Assert.Null(await records.Read($"runs/live/{turn.Dispatch}", VexaJson.Default.Run, Stop));

        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(bundle, bytes, Stop);
        File.Delete(Path.Combine(_stack.Data, "bucket", "sessions", "s-open"));
        await records.Remove("sessions/s-wrong", Stop);
        Assert.Equal(0, (await _stack.Vexa("reindex")).Exit);
    }

    private static HttpClient Api(OwnStack machine, string token)
    {
        var api = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{machine.Port}") };
        api.DefaultRequestHeaders.Authorization = new("Bearer", token);
        return api;
    }

    private void BringKeyFile(OwnStack machine)
    {
        var keys = Path.Combine(machine.Data, "keys");
        Directory.CreateDirectory(keys);
        File.Copy(Path.Combine(_stack.Data, "keys", "seal.keys"), Path.Combine(keys, "seal.keys"));
    }

    private async Task<(int Exit, string Output, string Errors)> Verify(Func<string[], Task<(int Exit, string Output, string Errors)>> vexa, string sha)
    {
        var bundle = Path.Combine(_folder, $"{Guid.NewGuid():n}.bundle");
        Assert.Equal(0, (await vexa(["workspace", "export", Notes.Value, bundle])).Exit);
        return await vexa(["verify", sha, "--from", bundle]);
    }
}
