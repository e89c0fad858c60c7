namespace Vexa.Contracts;

/// <summary><c>POST /v1/chat</c>: one message. Answered by the events of its turn, as server-sent events.</summary>
[Contract("api.v1")]
public sealed record ChatRequest
{
    /// <summary>1 to <see cref="LongestPrompt"/> bytes of UTF-8, without NUL.</summary>
    public required string Prompt { get; init; }
    /// <summary>The session to go on with; absent, a new one begins.</summary>
    public SessionId? Session { get; init; }
    /// <summary>Chosen by the client, it makes a retry safe: the same turn twice is one turn (I9).</summary>
    public TurnId? TurnId { get; init; }
    /// <summary>For a new session only.</summary>
    public RunnerName? Runner { get; init; }
    /// <summary>For a new session only; absent, the home workspace, <c>rw</c>.</summary>
    public IReadOnlyList<WorkspaceAccess>? Workspaces { get; init; }
    /// <summary>Takes effect where the message needs a new container.</summary>
    public DispatchLimits? Limits { get; init; }

    /// <summary>In bytes. A prompt is one argument of a command, and the kernel takes 128 KiB for one.</summary>
    public const int LongestPrompt = 100 * 1024;
}
