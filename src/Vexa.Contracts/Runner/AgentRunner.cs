using System.Text.Json.Serialization;

namespace Vexa.Contracts;

/// <summary><c>agent-runner.v1</c>: a CLI coding agent, described as data.</summary>
[Contract("agent-runner.v1")]
public sealed record AgentRunner
{
    public required RunnerName Name { get; init; }
    /// <summary>Name of the image definition under <c>images/</c>.</summary>
    public required string Image { get; init; }
    public RunnerInstall? Install { get; init; }
    /// <summary>One element per argument; the placeholders are <see cref="Placeholders"/> and no others.</summary>
    public required IReadOnlyList<string> Argv { get; init; }
    /// <summary>The same, for a turn that continues a session.</summary>
    public IReadOnlyList<string>? ResumeArgv { get; init; }
    /// <summary>What its containers are walled off by; absent, what the node is set to.</summary>
    public Isolation? Isolation { get; init; }
    public required RunnerTurns Turns { get; init; }
    public required StreamFormat Stream { get; init; }
    public required RunnerSession Session { get; init; }
    public required RunnerInference Inference { get; init; }
    /// <summary>How the CLI is told of its MCP servers; absent where it knows none.</summary>
    public RunnerMcp? Mcp { get; init; }
    public IReadOnlyDictionary<string, string> Env { get; set; } = new Dictionary<string, string>();
    /// <summary>The variable that names the CLI's state folder, which lies on a tmpfs of the container.</summary>
    public string? HomeEnv { get; init; }

    public static IReadOnlyList<string> Placeholders { get; } = ["{prompt}", "{session}", "{mcp_config}", "{system_prompt}", "{model}"];
}

public sealed record RunnerInstall
{
    /// <summary>npm packages, each pinned: <c>@scope/name@1.2.3</c>. Their install scripts are not run.</summary>
    public required IReadOnlyList<string> Npm { get; init; }
    /// <summary>Command name → file below <c>node_modules</c>; <c>{arch}</c> stands for npm's name of the processor.</summary>
    public required IReadOnlyDictionary<string, string> Bin { get; init; }
}

[JsonConverter(typeof(RunnerTurnsJsonConverter))]
public enum RunnerTurns
{
    /// <summary>One CLI process a turn.</summary>
    Process,
    /// <summary>One CLI process for many turns, each on its standard input.</summary>
    Stdin,
}

[JsonConverter(typeof(StreamFormatJsonConverter))]
public enum StreamFormat
{
    /// <summary>Claude Code's <c>--output-format stream-json</c>.</summary>
    ClaudeStreamJson,
    /// <summary>Codex's <c>exec --json</c>.</summary>
    CodexJsonl,
    /// <summary>opencode's <c>run --format json</c>.</summary>
    OpencodeJson,
    /// <summary>Gemini CLI's <c>--output-format stream-json</c>.</summary>
    GeminiStreamJson,
    /// <summary>Plain text: every line is answer text.</summary>
    Text,
}

public sealed record RunnerSession
{
    /// <summary>Folder in the home workspace that keeps the sessions: <c>.vexa/sessions/claude-code</c>.</summary>
    public required string Path { get; init; }
    /// <summary>Folder in the CLI's state folder that is linked to <see cref="Path"/>.</summary>
    public string? Link { get; init; }
    /// <summary>Property of a stream line that holds the session's id.</summary>
    public string? IdFrom { get; init; }
}

public sealed record RunnerInference
{
    public required InferenceDialect Dialect { get; init; }
    /// <summary>The variable that gets the door's address on the container's loopback.</summary>
    public required string BaseUrlEnv { get; init; }
    /// <summary>The variable that gets a meaningless value, because the CLI insists on one.</summary>
    public required string KeyEnv { get; init; }
}

[JsonConverter(typeof(InferenceDialectJsonConverter))]
public enum InferenceDialect
{
    /// <summary>Anthropic Messages.</summary>
    Anthropic,
    /// <summary>OpenAI Responses.</summary>
    OpenaiResponses,
    /// <summary>OpenAI Chat Completions.</summary>
    OpenaiChat,
}

/// <summary>The file in which a CLI looks for MCP servers.</summary>
public sealed record RunnerMcp
{
    /// <summary>The CLI's own form of that file: <c>claude-json</c>, <c>codex-toml</c>.</summary>
    public required string Format { get; init; }
    /// <summary>Below the CLI's state folder.</summary>
    public required string Path { get; init; }
}
