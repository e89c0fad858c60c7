using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Vexa.Hosting;
using Vexa.IntegrationTests.Drivers;

namespace Vexa.IntegrationTests.Workspaces;

/// <summary>A person's own git against a running stack: clone, fetch, push.</summary>
[Collection(nameof(SharedStack))]
public sealed class GitForPeopleTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vexa-git-").FullName;
    private readonly RunningStack _stack;
    private readonly WorkspaceId _workspace = Id.Parse<WorkspaceId>($"w-{Guid.NewGuid().ToString("n")[..8]}");

    public GitForPeopleTests(StackFixture fixture)
    {
        _stack = fixture.Stack;
        File.WriteAllText(At(".gitconfig"), "[user]\n\tname = Me\n\temail = me@example.org\n");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("0")]
    [InlineData("1")]
    [InlineData("2")]
    public async Task A_clone_has_the_files_and_follows_what_agents_do(string protocol)
    {
        await _stack.CreateWorkspace(_workspace.Value, Files);
        await Git(".", "-c", $"protocol.version={protocol}", "clone", "-q", Url(), "clone");
        Assert.Equal("one\n", await File.ReadAllTextAsync(At("clone/a/one.md"), Stop));

        var turn = await _stack.Ask("echo two > /workspaces/" + _workspace + "/two.md; echo done", workspaces: [new WorkspaceAccess(_workspace, AccessMode.Rw)]);
        Assert.True(turn.Complete.Ok, turn.Error?.Message);
        await Git("clone", "-c", $"protocol.version={protocol}", "pull", "-q");
        Assert.Equal("two\n", await File.ReadAllTextAsync(At("clone/two.md"), Stop));
    }

    [Fact]
    public async Task What_is_pushed_is_in_the_workspace_and_in_the_next_container()
    {
        await Clone();
        await Commit("a/one.md", "changed\n", "Change one");
        await Commit("b.md", "new\n", "Add b");
        await Git("clone", "push", "-q");

        Assert.Equal("changed\n", await _stack.ReadFile(_workspace, "a/one.md"));
        var turn = await _stack.Ask($"cat /workspaces/{_workspace}/b.md", workspaces: [new WorkspaceAccess(_workspace, AccessMode.Ro)]);
        Assert.Equal("new\n", turn.Text);
        // Nothing to do is no failure.
        await Git("clone", "push", "-q");
    }

    [Fact]
    public async Task Who_pushes_behind_the_trunk_is_told_to_fetch_first_and_may_then()
    {
        await Clone();
        await Git(".", "clone", "-q", Url(), "other");
        await Commit("b.md", "b\n", "Add b");
        await Git("clone", "push", "-q");
        await Commit("c.md", "c\n", "Add c", "other");
        var refused = await TryGit("other", "push");
        Assert.Equal(1, refused.Exit);
        Assert.Contains("fetch first", refused.Errors, StringComparison.Ordinal);
        // A client that lies about what it knows is stopped by us.
        var forced = await TryGit("other", "push", "--force");
        Assert.Equal(1, forced.Exit);
        Assert.Contains("not-fast-forward", forced.Errors, StringComparison.Ordinal);

        await Git("other", "pull", "-q", "--rebase");
        await Git("other", "push", "-q");
        Assert.Equal("b\n", await _stack.ReadFile(_workspace, "b.md"));
        Assert.Equal("c\n", await _stack.ReadFile(_workspace, "c.md"));
    }

    [Fact]
    public async Task What_an_agent_may_not_commit_a_person_may_not_push_and_reads_why()
    {
        await Clone();
        await Run("ln", "-s", "/etc/passwd", At("clone/link"));
        await Git("clone", "add", ".");
        await Git("clone", "commit", "-q", "-m", "link");
        // Also where a later commit takes it back: each commit can be had again.
        await Git("clone", "rm", "-q", "link");
        await Git("clone", "commit", "-q", "-m", "no link");
        var refused = await TryGit("clone", "push");
        Assert.Equal(1, refused.Exit);
        Assert.Contains("remote: The link 'link'", refused.Errors, StringComparison.Ordinal);
        Assert.Contains("bad-link", refused.Errors, StringComparison.Ordinal);

        await Git("clone", "reset", "-q", "--hard", "origin/main");
        await Commit("x.md", "x\n", "In the name of Vexa", user: "vexa@vexa.local");
        Assert.Contains("says that Vexa has made it", (await TryGit("clone", "push")).Errors, StringComparison.Ordinal);

        await Git("clone", "reset", "-q", "--hard", "origin/main");
        await Commit("x.md", "x\n", "x");
        Assert.Contains("Only refs/heads/main", (await TryGit("clone", "push", "origin", "main:other")).Errors, StringComparison.Ordinal);
        Assert.NotEqual(0, (await TryGit("clone", "push", "origin", ":main")).Exit);
        Assert.NotEqual(0, (await TryGit("clone", "push", "origin", "main:refs/notes/vexa")).Exit);

        // A tag on a commit that would do is no commit.
        await Commit("y.md", "y\n", "Add y");
        await Git("clone", "tag", "-a", "v1", "-m", "v1");
        Assert.Contains("not a commit", (await TryGit("clone", "push", "origin", "v1:refs/heads/main")).Errors, StringComparison.Ordinal);
        Assert.Single((await Log()).Commits);
    }

    [Fact]
    public async Task Nobody_without_a_token_gets_or_gives_anything()
    {
        await _stack.CreateWorkspace(_workspace.Value, Files);
        var address = new UriBuilder(Url()) { UserName = "x", Password = "vexa_wrong" }.Uri.ToString();
        Assert.NotEqual(0, (await TryGit(".", "clone", address, "clone")).Exit);

        using var client = new HttpClient { BaseAddress = _stack.Address };
        foreach (var service in new[] { "git-upload-pack", "git-receive-pack" })
        {
            using var asked = await client.GetAsync(new Uri($"/git/{_workspace}/info/refs?service={service}", UriKind.Relative), Stop);
            Assert.Equal((HttpStatusCode.Unauthorized, "Basic"), (asked.StatusCode, asked.Headers.WwwAuthenticate.Single().Scheme));
            using var posted = await client.PostAsync(new Uri($"/git/{_workspace}/{service}", UriKind.Relative), Body(service, "0000"), Stop);
            Assert.Equal(HttpStatusCode.Unauthorized, posted.StatusCode);
        }
    }

    [Theory]
    [InlineData("zzzz")]
    [InlineData("0003")]
    [InlineData("fff1")]
    [InlineData("000anonsense")]
    [InlineData("0035shallow 0000000000000000000000000000000000000000\n000anonsense")]
    [InlineData("00550000000000000000000000000000000000000000 0000000000000000000000000000000000000000 refs/heads")]
    public async Task What_is_no_push_is_refused_as_such(string body)
    {
        await _stack.CreateWorkspace(_workspace.Value, Files);
        using var answer = await _stack.Api.PostAsync(new Uri($"/git/{_workspace}/git-receive-pack", UriKind.Relative), Body("git-receive-pack", body), Stop);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("push-format", await answer.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_push_that_is_too_large_for_one_piece_asks_first_and_then_lands()
    {
        await Clone();
        // More than git's http.postBuffer, and nothing that could be packed smaller.
        var content = Convert.ToHexString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(3 * 1024 * 1024));
        await Commit("large.txt", content, "Add a large file");
        await Git("clone", "push", "-q");
        Assert.Equal(content, await _stack.ReadFile(_workspace, "large.txt"));

        using var asked = await _stack.Api.PostAsync(new Uri($"/git/{_workspace}/git-receive-pack", UriKind.Relative), Body("git-receive-pack", "0000"), Stop);
        Assert.Equal((HttpStatusCode.OK, ""), (asked.StatusCode, await asked.Content.ReadAsStringAsync(Stop)));
    }

    [Fact]
    public async Task A_clone_without_its_history_can_push()
    {
        await Clone();
        await Commit("b.md", "b\n", "Add b");
        await Git("clone", "push", "-q");
        await Git(".", "clone", "-q", "--depth", "1", Url(), "shallow");
        await Commit("a/one.md", "changed\n", "Change one", "shallow");
        await Git("shallow", "push", "-q");

        Assert.Equal("changed\n", await _stack.ReadFile(_workspace, "a/one.md"));
        await Git("clone", "pull", "-q");
        Assert.Equal("changed\n", await File.ReadAllTextAsync(At("clone/a/one.md"), Stop));
    }

    [Fact]
    public async Task A_merge_that_puts_the_person_first_and_the_trunk_second_is_refused()
    {
        await Clone();
        await Git(".", "clone", "-q", Url(), "other");
        await Commit("b.md", "b\n", "Add b", "other");
        await Git("other", "push", "-q");
        var landed = (await Log()).Commits[0].Sha;

        await Commit("c.md", "c\n", "Add c");
        await Git("clone", "pull", "-q", "--no-rebase", "--no-edit");
        var refused = await TryGit("clone", "push");
        Assert.Equal(1, refused.Exit);
        Assert.Contains("trunk-not-first", refused.Errors, StringComparison.Ordinal);
        Assert.Contains("git pull --rebase", refused.Errors, StringComparison.Ordinal);
        // Also with more on top of it.
        await Commit("d.md", "d\n", "Add d");
        Assert.Contains("trunk-not-first", (await TryGit("clone", "push")).Errors, StringComparison.Ordinal);

        await Git("clone", "pull", "-q", "--rebase");
        await Git("clone", "push", "-q");
        // A branch that is merged into the trunk leaves the trunk first.
        await Git("clone", "checkout", "-q", "-b", "side", "HEAD~1");
        await Commit("e.md", "e\n", "Add e");
        await Git("clone", "checkout", "-q", "main");
        await Git("clone", "merge", "-q", "--no-edit", "side");
        await Git("clone", "push", "-q");
        Assert.Equal("e\n", await _stack.ReadFile(_workspace, "e.md"));
        Assert.Contains((await Log()).Commits, commit => commit.Sha == landed);
    }

    [Fact]
    public async Task A_workspace_that_there_is_not_and_a_service_that_there_is_not_are_refused()
    {
        Assert.Contains("not found", (await TryGit(".", "clone", Url(), "clone")).Errors, StringComparison.Ordinal);
        await _stack.CreateWorkspace(_workspace.Value, Files);
        foreach (var service in new[] { "", "?service=git-archive", "?service=%C3%A9", "?service=x%0D%0Ay" })
        {
            using var refused = await _stack.Api.GetAsync(new Uri($"/git/{_workspace}/info/refs{service}", UriKind.Relative), Stop);
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        }
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static Dictionary<string, string> Files => new() { ["README.md"] = "# x\n", ["a/one.md"] = "one\n" };

    private string Url() => new UriBuilder(_stack.Address) { UserName = "me", Password = _stack.Token, Path = $"/git/{_workspace}" }.Uri.ToString();

    private string At(string path) => Path.Combine(_folder, path);

    private async Task Clone()
    {
        await _stack.CreateWorkspace(_workspace.Value, Files);
        await Git(".", "clone", "-q", Url(), "clone");
    }

    private async Task Commit(string path, string content, string message, string clone = "clone", string user = "me@example.org")
    {
        await File.WriteAllTextAsync(At($"{clone}/{path}"), content, Stop);
        await Git(clone, "add", ".");
        await Git(clone, "-c", $"user.email={user}", "commit", "-q", "-m", message);
    }

    private async Task<WorkspaceLog> Log()
    {
        using var answer = await _stack.Api.GetAsync(new Uri($"/v1/workspaces/{_workspace}/log", UriKind.Relative), Stop);
        return await answer.ReadOrThrow(VexaJson.Default.WorkspaceLog, Stop);
    }

    private static ByteArrayContent Body(string service, string text)
    {
        var content = new ByteArrayContent(Encoding.ASCII.GetBytes(text));
        content.Headers.ContentType = new MediaTypeHeaderValue($"application/x-{service}-request");
        return content;
    }

    private async Task Git(string folder, params string[] arguments)
    {
        var (exit, errors) = await TryGit(folder, arguments);
        Assert.True(exit == 0, errors.Replace(_stack.Token, "<token>", StringComparison.Ordinal));
    }

    private Task<(int Exit, string Errors)> TryGit(string folder, params string[] arguments) => Run("git", ["-C", At(folder), .. arguments]);

    private async Task<(int Exit, string Errors)> Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true };
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["HOME"] = _folder, ["GIT_CONFIG_NOSYSTEM"] = "1", ["GIT_TERMINAL_PROMPT"] = "0", ["LC_ALL"] = "C",
            ["no_proxy"] = "127.0.0.1",
        })
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(Stop);
        await process.WaitForExitAsync(Stop);
        return (process.ExitCode, await errors);
    }
}
