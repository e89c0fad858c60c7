using System.Text;
using Vexa.Worker.Formats;
using Vexa.Worker.Processes;

namespace Vexa.Worker.Commits;

/// <summary>
/// git in one working copy that the agent had its hands on. It runs as the agent's user inside the container, so there is nothing to
/// protect from it but the turn: hooks, signing, monitors and housekeeping are off, and it is killed when it takes too long.
/// </summary>
internal sealed class Git(Children children, WorkerOptions options, string folder, TimeProvider clock)
{
    // Every file of a commit of the largest size that is taken, with a long path each.
    private const int MaxOutput = 32 * 1024 * 1024;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    private static readonly string[] Always =
    [
        "git", "--literal-pathspecs",
        "-c", "core.hooksPath=/dev/null", "-c", "commit.gpgsign=false", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false",
        "-c", "core.autocrlf=false", "-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "safe.directory=*",
        "-c", "advice.addEmbeddedRepo=false", "-c", "advice.detachedHead=false",
    ];

    /// <summary>Runs git and returns its standard output.</summary>
    /// <exception cref="VexaException">It failed: rule <c>commit-failed</c>, with the last line that git wrote.</exception>
    public async Task<string> Run(string[] arguments, CancellationToken cancellation)
    {
        var (exit, output, errors) = await Try(arguments, cancellation);
        return exit.Code == 0 ? output : throw Failed(arguments[0], exit, errors);
    }

    /// <summary>The same, where a failure is an answer too. Output is whole, or there is none.</summary>
    public async Task<(ExitStatus Exit, string Output, string Errors)> Try(string[] arguments, CancellationToken cancellation)
    {
        var plan = new SpawnPlan("/usr/bin/git", [.. Always, "-c", $"core.excludesFile={JunkFile}", .. arguments], Env(), folder);
        using var child = Start(plan);
        var output = new MemoryStream();
        var isTooLong = false;
        var reading = child.Consume(bytes =>
        {
            isTooLong |= output.Length + bytes.Length > MaxOutput;
            if (!isTooLong)
                output.Write(bytes.Span);
            return ValueTask.CompletedTask;
        });
        try
        {
            var exit = await child.Exited.WaitAsync(Longest, clock, cancellation);
            await reading.WaitAsync(Longest, clock, cancellation);
            if (isTooLong)
                throw new VexaException(Stage.WorkspaceCommit, Party.Agent, "commit-failed", $"git {arguments[0]} said more than {MaxOutput / (1024 * 1024)} MB: the turn changes too many files.",
                    "The work is still in the working copy; ask the agent to leave fewer files in it.");
            return (exit, Encoding.UTF8.GetString(output.GetBuffer(), 0, (int)output.Length), child.Errors);
        }
        catch (TimeoutException e)
        {
            throw new VexaException(Stage.WorkspaceCommit, Party.Agent, "commit-failed", $"git {arguments[0]} did not end within {Longest.TotalSeconds:0} s.",
                "Look for filters in .gitattributes and for very large files in the workspace.", e);
        }
        finally
        {
            if (!child.Exited.IsCompleted)
                child.SignalGroup(Libc.SigKill);
        }
    }

    public VexaException Failed(string command, ExitStatus exit, string errors)
    {
        var last = errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? "no message";
        return errors.Contains("No space left on device", StringComparison.Ordinal)
            ? new(Stage.WorkspaceCommit, Party.Caller, "workspace-full", "The working copy is full, so the turn's work cannot be committed.",
                "Ask for less at once, and for large files not to be left in the workspace.")
            : new(Stage.WorkspaceCommit, Party.Agent, "commit-failed", $"git {command} failed in {folder} ({exit}): {SafeText.Of(last, 300)}",
                "The work is still in the working copy; ask the agent to look at 'git status' there.");
    }

    /// <summary>What editors and desktops drop; nobody wants it in a commit. A file of ours, so the workspace's own excludes stay as they are.</summary>
    private string JunkFile => Path.Combine(options.StateFolder, "..", "git-junk");

    private Child Start(SpawnPlan plan)
    {
        if (!File.Exists(JunkFile))
        {
            Directory.CreateDirectory(options.StateFolder);
            File.WriteAllText(JunkFile, ".DS_Store\nThumbs.db\n*.swp\n.nfs*\n");
        }

        try
        {
            return children.Start(plan);
        }
        catch (SpawnException e)
        {
            throw new VexaException(Stage.WorkspaceCommit, Party.Operator, "git-missing", $"git cannot be started in the container: {e.Message}.",
                "Build the agent image again; it has to have /usr/bin/git.", e);
        }
    }

    private Dictionary<string, string> Env()
    {
        var env = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PATH"] = "/usr/local/bin:/usr/bin:/bin",
            ["HOME"] = options.Paths.Home,
            ["LC_ALL"] = "C",
            ["GIT_CONFIG_NOSYSTEM"] = "1",
            ["GIT_CONFIG_GLOBAL"] = "/dev/null",
            ["GIT_TERMINAL_PROMPT"] = "0",
        };
        GitIdentity.AddTo(env, options.Order.Subject);
        return env;
    }
}
