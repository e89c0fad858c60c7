using System.Diagnostics;
using System.Text;
using Vexa.Workspaces;

namespace Vexa.IntegrationTests.Workspaces;

/// <summary>Plays the agent: a working copy with a real git, and whatever it pleases to put into a bundle.</summary>
internal sealed class Agent
{
    private readonly string _folder;

    private Agent(string folder, string dispatch) => (_folder, Dispatch) = (folder, dispatch);

    public string Dispatch { get; }

    public string Base { get; private set; } = "";

    public static SubjectId Subject { get; } = Id.Parse<SubjectId>("ada");

    /// <summary>A working copy of the workspace, from its bundle.</summary>
    public static async Task<Agent> Clone(WorkspaceStore store, WorkspaceId workspace, string folder, string dispatch)
    {
        var agent = new Agent(folder, dispatch) { Base = await store.Tip(workspace, TestContext.Current.CancellationToken) };
        Directory.CreateDirectory(folder);
        var bundle = Path.Combine(folder, "base.bundle");
        await using (var file = File.Create(bundle))
            await store.OpenBundle(workspace, agent.Base, file, TestContext.Current.CancellationToken);

        await agent.Git("init", "-q", "-b", "main", ".");
        await agent.Git("fetch", "-q", bundle, "refs/heads/main");
        await agent.Git("reset", "-q", "--hard", agent.Base);
        File.Delete(bundle);
        return agent;
    }

    public void Write(string path, string content)
    {
        var full = Path.Combine(_folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, content);
    }

    public string PathOf(string path) => Path.Combine(_folder, path);

    /// <summary>Commits everything as the worker does.</summary>
    public async Task<string> Commit(string turn, string? author = null, string? message = null)
    {
        await Git("add", "--all", ".");
        return await CommitTree((await Git("write-tree")).Trim(), turn, author, message);
    }

    public async Task<string> CommitTree(string tree, string turn, string? author = null, string? message = null)
    {
        var (name, email) = author is null ? ("ada", "ada@vexa.local") : (author, $"{author}@vexa.local");
        var commit = (await Run(
            ["commit-tree", tree, "-p", "HEAD", "-m", message ?? $"Turn {turn}\n\nDispatch: {Dispatch}\nTurn: {turn}\nLauncher: user:ada\nRunner: claude-code"],
            input: null,
            ("GIT_AUTHOR_NAME", name), ("GIT_AUTHOR_EMAIL", email))).Trim();
        await Git("update-ref", "refs/heads/main", commit);
        return commit;
    }

    /// <summary>Commits files that are in no working copy: many of them at once, and with any names.</summary>
    public async Task<string> CommitFiles(string turn, IEnumerable<(byte[] Path, string Content)> files)
    {
        using var script = new MemoryStream();
        foreach (var (path, content) in files)
        {
            script.Write([.. "M 100644 inline "u8, .. path, (byte)'\n']);
            script.Write(Encoding.UTF8.GetBytes($"data {Encoding.UTF8.GetByteCount(content)}\n{content}\n"));
        }

        var commit = $"commit refs/heads/import\ncommitter ada <ada@vexa.local> now\ndata 6\nimport\nfrom {await Git("rev-parse", "HEAD")}";
        await Run(["fast-import", "--quiet", "--force", "--date-format=now"], [.. Encoding.UTF8.GetBytes(commit), .. script.ToArray()]);
        return await CommitTree((await Git("rev-parse", "refs/heads/import^{tree}")).Trim(), turn);
    }

    /// <summary>Commits everything as a person does, in a name of their own.</summary>
    public async Task<string> CommitAsPerson(string message)
    {
        await Git("add", "--all", ".");
        var tree = (await Git("write-tree")).Trim();
        var commit = (await Run(["commit-tree", tree, "-p", "HEAD", "-m", message], input: null, [.. new[] { "AUTHOR", "COMMITTER" }.SelectMany(who => new[] { ($"GIT_{who}_NAME", "Me"), ($"GIT_{who}_EMAIL", "me@example.org") })])).Trim();
        await Git("update-ref", "refs/heads/main", commit);
        return commit;
    }

    /// <summary>A tree object with entries that no git command would make.</summary>
    public async Task<string> MakeTree(params string[] entries) =>
        (await Run(["mktree", "--missing", "-z"], Encoding.UTF8.GetBytes(string.Concat(entries.Select(e => e + "\0"))))).Trim();

    public async Task<string> MakeBlob(string content) => (await Run(["hash-object", "-w", "--stdin"], Encoding.UTF8.GetBytes(content))).Trim();

    public async Task<byte[]> Bundle(params string[] revisions)
    {
        var file = Path.Combine(_folder, ".git", "out.bundle");
        await Git(["bundle", "create", "-q", file, .. revisions.Length > 0 ? revisions : [$"{Base}..refs/heads/main"]]);
        return await File.ReadAllBytesAsync(file);
    }

    /// <summary>After a turn that was accepted, the next one stands on it.</summary>
    public async Task Advance() => Base = (await Git("rev-parse", "HEAD")).Trim();

    public async Task<CommitResult> Send(WorkspaceStore store, WorkspaceId workspace, string turn, byte[]? bundle = null, CancellationToken? stop = null)
    {
        using var content = new MemoryStream(bundle ?? await Bundle());
        return await store.Receive(workspace, new ReceiveRequest
        {
            Dispatch = Id.Parse<DispatchId>(Dispatch),
            Turn = Id.Parse<TurnId>(turn),
            Subject = Subject,
            Launcher = Launcher.User(Subject),
            Runner = Id.Parse<RunnerName>("claude-code"),
            Bundle = content,
        }, stop ?? TestContext.Current.CancellationToken);
    }

    public Task<string> Git(params string[] arguments) => Run(arguments, null);

    /// <summary>The same in the name of a person, who is no agent at all.</summary>
    public Task<string> GitOfPerson(params string[] arguments) => Run(arguments, null,
        ("GIT_AUTHOR_NAME", "Me"), ("GIT_AUTHOR_EMAIL", "me@example.org"), ("GIT_COMMITTER_NAME", "Me"), ("GIT_COMMITTER_EMAIL", "me@example.org"));

    /// <summary>Pushes what is on top of the base, as a git client does.</summary>
    public async Task<CommitResult> Push(WorkspaceStore store, WorkspaceId workspace)
    {
        var ct = TestContext.Current.CancellationToken;
        var bundle = await Bundle();
        var pack = bundle.AsSpan().IndexOf("\n\n"u8) + 2;
        var request = new MemoryStream();
        request.Write(PktLine.Of($"{Base} {(await Git("rev-parse", "HEAD")).Trim()} refs/heads/main\0report-status\n").Span);
        request.Write(PktLine.Flush.Span);
        request.Write(bundle, pack, bundle.Length - pack);
        request.Position = 0;
        return await store.Push(workspace, request, Stream.Null, accepted: _ => Task.CompletedTask, refused: refusal => throw refusal, ct) ?? throw new InvalidOperationException("Nothing was pushed.");
    }

    private async Task<string> Run(string[] arguments, byte[]? input, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("git", arguments)
        {
            WorkingDirectory = _folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        start.Environment["GIT_COMMITTER_NAME"] = "Vexa";
        start.Environment["GIT_COMMITTER_EMAIL"] = "vexa@vexa.local";
        foreach (var (name, value) in environment)
            start.Environment[name] = value;

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.StandardInput.BaseStream.WriteAsync(input ?? []);
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? await output : throw new InvalidOperationException($"git {arguments[0]}: {await errors}");
    }
}
