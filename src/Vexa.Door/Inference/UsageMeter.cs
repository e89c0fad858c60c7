using Vexa.Contracts;

namespace Vexa.Door.Inference;

/// <summary>
/// Reads usage off a Messages answer as it goes by, streamed (SSE) or whole (JSON), of any size. It only looks: it never holds a byte back,
/// and an answer that it cannot read counts as nothing.
/// </summary>
internal sealed class UsageMeter
{
    private static ReadOnlySpan<byte> DataField => "data:"u8;

    private readonly byte[] _start = new byte[DataField.Length];
    private UsageReader _reader = new();
    private Shape _shape;
    private int _lineLength;
    private long _input, _output;
    private string? _model;

    private enum Shape
    {
        Unknown,
        Whole,
        Events,
    }

    public void Observe(ReadOnlySpan<byte> chunk)
    {
        if (_shape == Shape.Unknown)
        {
            chunk = chunk.TrimStart(" \t\r\n"u8);
            if (chunk.IsEmpty)
                return;

            _shape = chunk[0] == '{' ? Shape.Whole : Shape.Events;
        }

        if (_shape == Shape.Whole)
            _reader.Read(chunk);
        else
            ObserveLines(chunk);
    }

    /// <summary>What was counted, or null where the answer told no usage.</summary>
    public Usage? Read()
    {
        Count();
        return _model is null ? null : new Usage(_input, _output, _model);
    }

    private void ObserveLines(ReadOnlySpan<byte> chunk)
    {
        while (chunk.IndexOf((byte)'\n') is >= 0 and var end)
        {
            ObserveLine(chunk[..end]);
            if (_lineLength == 0 || (_lineLength == 1 && _start[0] == '\r'))
                Count();

            _lineLength = 0;
            chunk = chunk[(end + 1)..];
        }

        ObserveLine(chunk);
    }

    // A field's name is short: it is kept until it is whole, and what comes after that of data is read at once.
    private void ObserveLine(ReadOnlySpan<byte> part)
    {
        var name = part[..Math.Min(part.Length, Math.Max(0, _start.Length - _lineLength))];
        name.CopyTo(_start.AsSpan(Math.Min(_lineLength, _start.Length)));
        _lineLength = Math.Min(_lineLength + part.Length, _start.Length);
        if (_lineLength == _start.Length && DataField.SequenceEqual(_start))
            _reader.Read(part[name.Length..]);
    }

    // message_start tells the input; message_delta tells the output so far, so the last one wins.
    private void Count()
    {
        _model = _reader.Model ?? _model;
        _input = Math.Max(_input, _reader.Input);
        _output = Math.Max(_output, _reader.Output);
        _reader = new UsageReader();
    }
}
