using System.Text.Json.Nodes;

namespace Vexa.Cli.Rehearsal;

/// <summary>What a conversation is answered with: content, or a fault.</summary>
internal sealed record Answer
{
    public required string Rule { get; init; }
    public IReadOnlyList<AnswerBlock> Blocks { get; init; } = [];
    public Fault? Fault { get; init; }
    public TimeSpan Delay { get; init; }
    public TimeSpan Pace { get; init; }

    public string StopReason => Blocks.Any(block => block is ToolUse) ? "tool_use" : "end_turn";

    /// <summary>About four bytes a token: an estimate, said to be one.</summary>
    public int OutputTokens => Math.Max(1, Blocks.Sum(block => block.Bytes) / 4);
}

internal abstract record AnswerBlock
{
    public abstract int Bytes { get; }
}

internal sealed record AnswerText(string Text) : AnswerBlock
{
    public override int Bytes => System.Text.Encoding.UTF8.GetByteCount(Text);
}

/// <param name="Id">Unique over all answers: the CLI pairs results with it.</param>
internal sealed record ToolUse(string Id, string Tool, JsonObject Input) : AnswerBlock
{
    public override int Bytes => Tool.Length + Input.ToJsonString().Length;
}
