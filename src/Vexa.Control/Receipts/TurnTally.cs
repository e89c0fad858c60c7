using System.Security.Cryptography;
using System.Text.Json;
using Vexa.Contracts;

namespace Vexa.Control.Receipts;

/// <summary>What a turn used, counted from its frames.</summary>
internal sealed class TurnTally : IDisposable
{
    private readonly IncrementalHash _toolCalls = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly SortedSet<string> _models = new(StringComparer.Ordinal);

    public long InputTokens { get; private set; }

    public long OutputTokens { get; private set; }

    public int ToolCalls { get; private set; }

    public IReadOnlyList<string> Models => [.. _models];

    public string ToolCallsSha256 => Convert.ToHexStringLower(_toolCalls.GetCurrentHash());

    public void Add(Usage usage)
    {
        InputTokens += usage.InputTokens;
        OutputTokens += usage.OutputTokens;
        if (_models.Count < Receipt.MostModels)
            _models.Add(usage.Model);
    }

    /// <param name="frame">A tool call, as the stream has it.</param>
    /// <exception cref="JsonException">It is no frame.</exception>
    public void AddToolCall(ReadOnlyMemory<byte> frame)
    {
        _toolCalls.AppendData(CanonicalJson.Of(frame));
        _toolCalls.AppendData("\n"u8);
        ToolCalls++;
    }

    public void Dispose() => _toolCalls.Dispose();
}
