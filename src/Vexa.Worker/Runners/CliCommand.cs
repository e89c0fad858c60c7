using Vexa.Worker.Commits;
using Vexa.Worker.Processes;

namespace Vexa.Worker.Runners;

/// <summary>Runner definition + turn → the process to start. Pure, so that tests compare the whole of it.</summary>
internal static class CliCommand
{
    /// <summary>What MCP-speaking CLIs are given while there are no tools.</summary>
    private const string NoTools = """{"mcpServers":{}}""";

    /// <param name="session">The CLI's session to go on with; null at the first turn.</param>
    /// <param name="fresh">The id to use where a new session is begun and the CLI lets us choose.</param>
    public static IReadOnlyList<string> Argv(AgentRunner runner, string prompt, string? session, string fresh)
    {
        var template = session is not null && runner.ResumeArgv is { } resume ? resume : runner.Argv;
        return [.. template.Select(argument => Fill(argument, name => name switch
        {
            "{prompt}" => prompt,
            "{session}" => session ?? fresh,
            "{mcp_config}" => NoTools,
            "{system_prompt}" or "{model}" => "",
            _ => null,
        }))];
    }

    /// <summary>
    /// A clean environment: of ours nothing is passed on, the order least of all. The key is meaningless; the door adds the real one.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Env(WorkerOptions options, int doorPort)
    {
        var runner = options.Order.Runner;
        var env = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PATH"] = $"{options.Paths.RunnerBin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            ["HOME"] = options.Paths.Home,
            ["USER"] = "agent",
            ["LANG"] = "C.UTF-8",
            ["TERM"] = "dumb",
        };
        GitIdentity.AddTo(env, options.Order.Subject);
        foreach (var (name, value) in runner.Env)
            env[name] = value;
        env[runner.Inference.BaseUrlEnv] = $"http://127.0.0.1:{doorPort}/{DialectPath(runner.Inference.Dialect)}";
        env[runner.Inference.KeyEnv] = "the-door-adds-the-real-one";
        if (runner.HomeEnv is { } home)
            env[home] = options.StateFolder;
        return env;
    }

    /// <summary>The process of one turn.</summary>
    /// <exception cref="VexaException">The command is not in the image: rule <c>runner-not-found</c>.</exception>
    public static SpawnPlan Plan(WorkerOptions options, IReadOnlyList<string> argv, int doorPort)
    {
        var env = Env(options, doorPort);
        return new(Find(argv[0], env["PATH"], options.Order.Runner), argv, env, options.HomeMount?.Path ?? options.Paths.Home);
    }

    private static string Find(string command, string path, AgentRunner runner)
    {
        foreach (var candidate in command.Contains('/') ? [command] : path.Split(':').Select(folder => Path.Combine(folder, command)))
            if (File.Exists(candidate) && (File.GetUnixFileMode(candidate) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0)
                return Path.GetFullPath(candidate);

        throw new VexaException(Stage.Runner, Party.Operator, "runner-not-found", $"The runner {runner.Name} wants to run '{command}', which the agent image does not have.",
            $"Name it under 'install' in runners/{runner.Name}.json and build the image again.");
    }

    private static string DialectPath(InferenceDialect dialect) => dialect switch
    {
        InferenceDialect.Anthropic => "anthropic",
        _ => throw new ArgumentOutOfRangeException(nameof(dialect), dialect, "The door has no such path."),
    };

    // One pass from left to right: what a prompt contains is never taken for a placeholder.
    private static string Fill(string argument, Func<string, string?> valueOf)
    {
        var filled = new System.Text.StringBuilder();
        for (var at = 0; at < argument.Length;)
        {
            var close = argument[at] == '{' ? argument.IndexOf('}', at) : -1;
            if (close > 0 && valueOf(argument[at..(close + 1)]) is { } value)
            {
                filled.Append(value);
                at = close + 1;
            }
            else
                filled.Append(argument[at++]);
        }

        return filled.ToString();
    }
}
