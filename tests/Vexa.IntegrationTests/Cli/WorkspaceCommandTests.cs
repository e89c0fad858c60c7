using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Vexa.Cli.Stack;
using Vexa.IntegrationTests.Drivers;

namespace Vexa.IntegrationTests.Cli;

/// <summary>The commands for workspaces against a running stack: clone, log, export, import, gc.</summary>
[Collection(nameof(SharedStack))]
public sealed class WorkspaceCommandTests(StackFixture fixture) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vexa-workspaces-").FullName;
    private readonly RunningStack _stack = fixture.Stack;
    private readonly string _workspace = $"w-{Guid.NewGuid().ToString("n")[..8]}";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_clone_has_files_and_receipts_and_the_token_is_nowhere()
    {
        var sha = await Work();
        var tokens = await Tokens();
        var into = Path.Combine(_folder, "clone");
        var (exit, output, errors) = await _stack.Vexa("workspace", "clone", _workspace, into, "--json");
        Assert.True(exit == 0, output + errors);

        Assert.Equal("two\n", await File.ReadAllTextAsync(Path.Combine(into, "two.md"), Stop));
        Assert.Equal((true, sha), ((bool)JsonNode.Parse(output)!["ok"]!, (string)JsonNode.Parse(output)!["commit"]!));
        await Until.IsTrue(async () => (await Git(into, "-c", $"http.extraHeader=Authorization: Bearer {_stack.Token}", "fetch", "-q")).Exit == 0
            && (await _stack.Vexa("verify", sha, "--from", into)).Exit == 0 ? "" : null);
        Assert.DoesNotContain("vexa_", await File.ReadAllTextAsync(Path.Combine(into, ".git", "config"), Stop), StringComparison.Ordinal);
        Assert.DoesNotContain("xtraheader", await File.ReadAllTextAsync(Path.Combine(into, ".git", "config"), Stop), StringComparison.OrdinalIgnoreCase);
        // The person's own notes are not the server's to remove.
        await Git(into, "notes", "add", "-m", "mine");
        Assert.Equal(0, (await Git(into, "-c", $"http.extraHeader=Authorization: Bearer {_stack.Token}", "fetch", "-q", "--prune")).Exit);
        Assert.Equal("mine\n", (await Git(into, "notes", "show")).Output);
        // The token that was made for it opens nothing any more.
        Assert.Equal(tokens, await Tokens());

        Assert.Contains("folder-not-empty", (await _stack.Vexa("workspace", "clone", _workspace, into, "--json")).Output, StringComparison.Ordinal);
        Assert.Equal(5, (await _stack.Vexa("workspace", "clone", "no-such", Path.Combine(_folder, "none"))).Exit);
        Assert.Equal(tokens, await Tokens());
    }

    [Fact]
    public async Task While_it_clones_the_token_is_in_no_argument_and_no_file()
    {
        await _stack.CreateWorkspace(_workspace, new Dictionary<string, string> { ["a.md"] = "a\n" });
        // A git that tells how it was called, and then does it.
        var bin = Directory.CreateDirectory(Path.Combine(_folder, "bin")).FullName;
        var seen = Path.Combine(_folder, "seen");
        await File.WriteAllTextAsync(Path.Combine(bin, "git"), $"#!/bin/sh\nprintf '%s\\n' \"$@\" >> {seen}\nexec /usr/bin/git \"$@\"\n", Stop);
        File.SetUnixFileMode(Path.Combine(bin, "git"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var start = new ProcessStartInfo("env", [$"PATH={bin}:{Environment.GetEnvironmentVariable("PATH")}", $"VEXA_URL={_stack.Address}", $"VEXA_TOKEN={_stack.Token}", "dotnet", Path.Combine(AppContext.BaseDirectory, "vexa.dll"), "workspace", "clone", _workspace, Path.Combine(_folder, "far")]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(Stop);
        await process.StandardOutput.ReadToEndAsync(Stop);
        await process.WaitForExitAsync(Stop);

        Assert.True(process.ExitCode == 0, await errors);
        Assert.Equal("a\n", await File.ReadAllTextAsync(Path.Combine(_folder, "far", "a.md"), Stop));
        Assert.Contains("clone", await File.ReadAllTextAsync(seen, Stop), StringComparison.Ordinal);
        Assert.DoesNotContain(_stack.Token, await File.ReadAllTextAsync(seen, Stop), StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.GetFiles(Path.Combine(_folder, "far"), "*", SearchOption.AllDirectories), file => File.ReadAllText(file).Contains(_stack.Token, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_log_tells_who_when_by_which_run_and_who_fired_it()
    {
        var sha = await Work();
        var log = JsonSerializer.Deserialize((await _stack.Vexa("workspace", "log", _workspace, "--json")).Output, VexaJson.Default.WorkspaceLog)!;
        Assert.Equal((sha, "owner", "user:owner"), (log.Commits[0].Sha, log.Commits[0].Author, log.Commits[0].Launcher?.ToString()));
        Assert.Null(log.Commits[^1].Dispatch);

        var lines = (await _stack.Vexa("workspace", "log", _workspace, "--limit", "1")).Output.TrimEnd('\n').Split('\n');
        Assert.Contains($"(run {log.Commits[0].Dispatch}, fired by user:owner)", Assert.Single(lines), StringComparison.Ordinal);
        Assert.Equal(2, (await _stack.Vexa("workspace", "log", _workspace, "--limit", "0")).Exit);
        Assert.Equal(5, (await _stack.Vexa("workspace", "log", "no-such")).Exit);
    }

    [Fact]
    public async Task An_export_is_a_bundle_that_git_reads_and_comes_in_again()
    {
        var sha = await Work();
        var file = Path.Combine(_folder, "out.bundle");
        Assert.Equal(0, (await _stack.Vexa("workspace", "export", _workspace, file)).Exit);
        Assert.Equal(0, (await Git(_folder, "clone", "-q", file, "cloned")).Exit);
        Assert.Equal(sha, (await Git(Path.Combine(_folder, "cloned"), "rev-parse", "HEAD")).Output.Trim());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(2, (await _stack.Vexa("workspace", "export", _workspace, file)).Exit);
        Assert.Contains($"{_folder}/{_workspace}.bundle", (await _stack.Vexa("workspace", "export", _workspace, _folder)).Errors, StringComparison.Ordinal);
        Assert.Equal(0, (await _stack.Vexa("workspace", "export", _workspace, file, "--force")).Exit);
        Assert.Equal(5, (await _stack.Vexa("workspace", "export", "no-such", Path.Combine(_folder, "none"))).Exit);
        Assert.Empty(Directory.GetFiles(_folder, "*.part"));

        using (var process = _stack.StartVexa("workspace", "export", _workspace, "-"))
        {
            using var content = new MemoryStream();
            await process.StandardOutput.BaseStream.CopyToAsync(content, Stop);
            Assert.StartsWith("# v2 git bundle\n", System.Text.Encoding.Latin1.GetString(content.ToArray()), StringComparison.Ordinal);
        }

        var imported = JsonSerializer.Deserialize((await _stack.Vexa("workspace", "import", _workspace + "-again", file, "--json")).Output, VexaJson.Default.WorkspaceImport)!;
        Assert.Equal((sha, 0), (imported.Tip, imported.LeftOut.Count));
        var turn = await _stack.Ask($"cat /workspaces/{imported.Id}/two.md", workspaces: [new WorkspaceAccess(imported.Id, AccessMode.Ro)]);
        Assert.Equal("two\n", turn.Text);
        Assert.Contains("workspace-exists", (await _stack.Vexa("workspace", "import", _workspace, file, "--json")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_repository_is_imported_from_its_folder_and_what_is_wrong_with_it_is_told()
    {
        var repository = Directory.CreateDirectory(Path.Combine(_folder, "repository")).FullName;
        Assert.Contains("no-repository", (await _stack.Vexa("workspace", "import", _workspace, repository, "--json")).Output, StringComparison.Ordinal);
        await Git(repository, "init", "-q", "-b", "trunk", ".");
        Assert.Contains("no-branch", (await _stack.Vexa("workspace", "import", _workspace, repository, "--json")).Output, StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(repository, "a.md"), "a\n", Stop);
        await Git(repository, "add", "a.md");
        await Git(repository, "commit", "-q", "-m", "First");
        var (exit, output, errors) = await _stack.Vexa("workspace", "import", _workspace, repository);
        Assert.True(exit == 0, output + errors);
        Assert.Equal("a\n", await _stack.ReadFile(Id.Parse<WorkspaceId>(_workspace), "a.md"));

        Directory.CreateSymbolicLink(Path.Combine(repository, "out"), "/etc");
        await Git(repository, "add", "out");
        await Git(repository, "commit", "-q", "-m", "Leads out");
        var (refused, _, why) = await _stack.Vexa("workspace", "import", _workspace + "-2", repository);
        Assert.Equal(2, refused);
        Assert.Contains("'out'", why, StringComparison.Ordinal);
        Assert.Equal(0, (await Git(_folder, "clone", "-q", "--depth", "1", "file://" + repository, "shallow")).Exit);
        Assert.Contains("shallow", (await _stack.Vexa("workspace", "import", _workspace + "-2", Path.Combine(_folder, "shallow"), "--json")).Output, StringComparison.Ordinal);
        Assert.Contains("no-source", (await _stack.Vexa("workspace", "import", _workspace + "-2", Path.Combine(_folder, "nowhere"), "--json")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_repository_that_git_packs_for_long_is_imported_and_ctrl_c_ends_git_too()
    {
        var repository = Directory.CreateDirectory(Path.Combine(_folder, "repository")).FullName;
        await Git(repository, "init", "-q", "-b", "trunk", ".");
        await File.WriteAllTextAsync(Path.Combine(repository, "a.md"), "a\n", Stop);
        await Git(repository, "add", "a.md");
        await Git(repository, "commit", "-q", "-m", "First");
        var (bin, packing) = (Directory.CreateDirectory(Path.Combine(_folder, "bin")).FullName, Path.Combine(_folder, "packing"));
        // Longer than a web server waits for a body that does not move.
        await FakeGit($"""
            case "$*" in
            *"bundle create"*) /usr/bin/git "$@" > {_folder}/whole && head -c 16 {_folder}/whole && sleep 8 && tail -c +17 {_folder}/whole ;;
            *) exec /usr/bin/git "$@" ;;
            esac
            """);
        using (var import = StartImport(_workspace))
        {
            var errors = import.StandardError.ReadToEndAsync(Stop);
            await import.WaitForExitAsync(Stop);
            Assert.True(import.ExitCode == 0, await errors);
        }

        Assert.Equal("a\n", await _stack.ReadFile(Id.Parse<WorkspaceId>(_workspace), "a.md"));

        await FakeGit($"""
            case "$*" in
            *"bundle create"*) echo $$ > {packing}.new; mv {packing}.new {packing}; exec sleep 1000 ;;
            *) exec /usr/bin/git "$@" ;;
            esac
            """);
        using (var import = StartImport(_workspace + "-2"))
        {
            await Until.IsTrue(() => Task.FromResult(File.Exists(packing) ? "" : null));
            Libc.Kill(import.Id, 2);
            await import.WaitForExitAsync(Stop);
            Assert.Equal(130, import.ExitCode);
        }

        var pid = (await File.ReadAllTextAsync(packing, Stop)).Trim();
        await Until.IsTrue(() => Task.FromResult(Directory.Exists($"/proc/{pid}") ? null : ""));

        async Task FakeGit(string script)
        {
            await File.WriteAllTextAsync(Path.Combine(bin, "git"), $"#!/bin/sh\n{script}\n", Stop);
            File.SetUnixFileMode(Path.Combine(bin, "git"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        Process StartImport(string id) => Process.Start(new ProcessStartInfo("env",
        [
            "--default-signal=INT,QUIT", $"PATH={bin}:{Environment.GetEnvironmentVariable("PATH")}", $"VEXA_URL={_stack.Address}", $"VEXA_TOKEN={_stack.Token}",
            "dotnet", Path.Combine(AppContext.BaseDirectory, "vexa.dll"), "workspace", "import", id, repository,
        ])
        { RedirectStandardOutput = true, RedirectStandardError = true })!;
    }

    [Fact]
    public async Task One_that_is_damaged_does_not_keep_the_others_from_being_tidied()
    {
        await Work();
        var torn = _workspace + "-torn";
        await _stack.CreateWorkspace(torn, new Dictionary<string, string>());
        var manifest = Path.Combine(_stack.Data, "bucket", "workspaces", torn, "manifest");
        var bytes = await File.ReadAllBytesAsync(manifest, Stop);
        await File.WriteAllTextAsync(manifest, "{", Stop);
        try
        {
            var (exit, output, _) = await _stack.Vexa("workspace", "gc", "--json");

            Assert.Equal(1, exit);
            Assert.Equal((false, torn), ((bool)JsonNode.Parse(output)!["ok"]!, (string)Assert.Single(JsonNode.Parse(output)!["failures"]!.AsArray())!["workspace"]!));
            Assert.Contains(JsonNode.Parse(output)!["workspaces"]!.AsArray(), done => (string)done!["workspace"]! == _workspace && (int)done["bundles_after"]! == 1);
            var (unknown, _, why) = await _stack.Vexa("undo", "0123456789");
            Assert.NotEqual(0, unknown);
            Assert.Contains(torn, why, StringComparison.Ordinal);
        }
        finally
        {
            await File.WriteAllBytesAsync(manifest, bytes, Stop);
        }
    }

    [Fact]
    public async Task Bundles_become_one_on_request()
    {
        await Work();
        var done = JsonNode.Parse((await _stack.Vexa("workspace", "gc", _workspace, "--json")).Output)!["workspaces"]!.AsArray().Single()!;

        Assert.True((int)done["bundles_before"]! >= 2);
        Assert.Equal(1, (int)done["bundles_after"]!);
        Assert.Equal("two\n", await _stack.ReadFile(Id.Parse<WorkspaceId>(_workspace), "two.md"));
        var (exit, output, _) = await _stack.Vexa("workspace", "gc");
        Assert.True(exit == 0 && output.Contains("home: ", StringComparison.Ordinal), output);
        Assert.Equal(5, (await _stack.Vexa("workspace", "gc", "no-such")).Exit);
    }

    // One commit of a run, with its receipt.
    private async Task<string> Work()
    {
        var workspace = await _stack.CreateWorkspace(_workspace, new Dictionary<string, string> { ["a.md"] = "a\n" });
        var turn = await _stack.Ask($"echo two > /workspaces/{workspace}/two.md", workspaces: [new WorkspaceAccess(workspace, AccessMode.Rw)]);
        return (await _stack.AwaitEnd(turn.Dispatch)).Turns[0].Commits[0].Sha;
    }

    private async Task<string> Tokens() => (await _stack.Vexa("token", "list", "--json")).Output;

    private static async Task<(int Exit, string Output)> Git(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("git", ["-c", "user.name=Me", "-c", "user.email=me@example.org", .. arguments]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(Stop);
        var output = await process.StandardOutput.ReadToEndAsync(Stop);
        await errors;
        await process.WaitForExitAsync(Stop);
        return (process.ExitCode, output);
    }
}
