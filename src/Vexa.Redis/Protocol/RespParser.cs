namespace Vexa.Redis;

/// <summary>
/// Reads RESP2 and RESP3 as it arrives, in pieces of any size. What was consumed is never looked at again, so the work is linear
/// in the bytes whatever their chunking. Depth, line length and size of a reply are bounded, and the bound is checked before
/// memory is taken. After a <see cref="RespProtocolException"/> the parser is of no use any more.
/// </summary>
/// <param name="maxReplyBytes">Bound of one reply: its text plus <see cref="ItemCost"/> for each element.</param>
internal sealed class RespParser(long maxReplyBytes)
{
    public const int MaxDepth = 32;
    public const int MaxLine = 64 * 1024;

    /// <summary>What one element of an aggregate takes in memory.</summary>
    public const int ItemCost = 24;

    private struct Frame
    {
        public byte Type;
        public RespValue[] Items;
        public int Filled;
    }

    private readonly Frame[] _open = new Frame[MaxDepth];
    private int _depth;

    /// <summary>The beginning of a line whose end did not arrive yet.</summary>
    private byte[] _line = new byte[128];
    private int _lineLength;

    /// <summary>The blob that is arriving; its two closing bytes are counted in <see cref="_blobFilled"/> too, but not kept.</summary>
    private byte[]? _blob;
    private byte _blobType;
    private int _blobFilled;

    private long _charged;

    /// <summary>True where nothing of a further value was read yet.</summary>
    public bool IsBetweenValues => _depth == 0 && _lineLength == 0 && _blob is null && _charged == 0;

    /// <summary>Takes bytes from <paramref name="input"/> until one top-level value is complete (true) or none are left (false).</summary>
    /// <exception cref="RespProtocolException">The input is not RESP, or too much.</exception>
    public bool TryRead(ref ReadOnlySpan<byte> input, out RespValue value)
    {
        while (true)
        {
            if (_blob is not null)
            {
                if (!TryFinishBlob(ref input, out value))
                    return false;
            }
            else
            {
                if (!TryTakeLine(ref input, out var line))
                {
                    value = default;
                    return false;
                }

                if (!TryValueOf(line, out value))
                    continue;
            }

            if (TryPlace(ref value))
            {
                _charged = 0;
                return true;
            }
        }
    }

    /// <summary>Puts a complete value where it belongs, and closes what became complete by it. True for a top-level value.</summary>
    private bool TryPlace(ref RespValue value)
    {
        while (_depth > 0)
        {
            ref var frame = ref _open[_depth - 1];
            frame.Items[frame.Filled++] = value;
            if (frame.Filled < frame.Items.Length)
                return false;

            var (type, items) = (frame.Type, frame.Items);
            frame = default;
            _depth--;
            if (type == '|')
                return false; // The value that the attributes describe is still to come, in the same place.
            value = RespValue.Aggregate(AggregateKind(type), items);
        }

        return true;
    }

    private bool TryTakeLine(ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> line)
    {
        var end = input.IndexOf((byte)'\n');
        var piece = end < 0 ? input : input[..(end + 1)];
        if (_lineLength + piece.Length > MaxLine)
            throw new RespProtocolException($"a line is longer than {MaxLine} bytes");

        input = input[piece.Length..];
        if (end < 0)
        {
            KeepForLater(piece);
            line = default;
            return false;
        }

        if (_lineLength == 0)
        {
            line = piece;
        }
        else
        {
            KeepForLater(piece);
            line = _line.AsSpan(0, _lineLength);
            _lineLength = 0;
        }

        if (line.Length < 2 || line.IndexOf((byte)'\r') != line.Length - 2)
            throw new RespProtocolException("a line does not end in CR LF, or has CR within");
        line = line[..^2];
        return true;
    }

    private void KeepForLater(ReadOnlySpan<byte> piece)
    {
        if (_lineLength + piece.Length > _line.Length)
            Array.Resize(ref _line, Math.Max(_line.Length * 2, _lineLength + piece.Length));
        piece.CopyTo(_line.AsSpan(_lineLength));
        _lineLength += piece.Length;
    }

    /// <summary>The value that a line is; false where the line only opens one.</summary>
    private bool TryValueOf(ReadOnlySpan<byte> line, out RespValue value)
    {
        if (line.IsEmpty)
            throw new RespProtocolException("a value without a type");
        var type = line[0];
        var text = line[1..];
        Charge(line.Length);
        switch (type)
        {
            case (byte)'+':
                value = RespValue.Text(RespKind.SimpleString, text.ToArray());
                return true;
            case (byte)'-':
                value = RespValue.Text(RespKind.Error, text.ToArray());
                return true;
            case (byte)':':
                value = RespNumbers.TryInteger(text, out var integer) ? RespValue.Integer(integer) : throw Malformed(type);
                return true;
            case (byte)',':
                value = RespNumbers.TryDouble(text, out var number) ? RespValue.OfDouble(number) : throw Malformed(type);
                return true;
            case (byte)'#':
                value = text is [(byte)'t' or (byte)'f'] ? RespValue.Boolean(text[0] == 't') : throw Malformed(type);
                return true;
            case (byte)'(':
                value = RespNumbers.IsBigNumber(text) ? RespValue.Text(RespKind.BigNumber, text.ToArray()) : throw Malformed(type);
                return true;
            case (byte)'_':
                value = text.IsEmpty ? RespValue.Null : throw Malformed(type);
                return true;
            case (byte)'$' or (byte)'*' when text.SequenceEqual("-1"u8):
                value = RespValue.Null;
                return true;
            case (byte)'$' or (byte)'!' or (byte)'=':
                OpenBlob(type, Length(type, text));
                value = default;
                return false;
            case (byte)'*' or (byte)'~' or (byte)'%' or (byte)'|' or (byte)'>':
                return TryOpenAggregate(type, Length(type, text), out value);
            default:
                throw new RespProtocolException($"0x{type:x2} is no type of RESP");
        }
    }

    private void OpenBlob(byte type, long length)
    {
        Charge(length);
        if (length > Array.MaxLength)
            throw Malformed(type);
        _blob = GC.AllocateUninitializedArray<byte>((int)length);
        _blobType = type;
        _blobFilled = 0;
    }

    private bool TryFinishBlob(ref ReadOnlySpan<byte> input, out RespValue value)
    {
        var blob = _blob!;
        var take = Math.Min(input.Length, blob.Length - _blobFilled);
        if (take > 0)
        {
            input[..take].CopyTo(blob.AsSpan(_blobFilled));
            _blobFilled += take;
            input = input[take..];
        }

        for (; !input.IsEmpty && _blobFilled < blob.Length + 2; input = input[1..], _blobFilled++)
        {
            if (input[0] != (_blobFilled == blob.Length ? '\r' : '\n'))
                throw new RespProtocolException("a blob is not followed by CR LF");
        }

        if (_blobFilled < blob.Length + 2)
        {
            value = default;
            return false;
        }

        if (_blobType == '=' && blob is not [_, _, _, (byte)':', ..])
            throw Malformed(_blobType);
        value = RespValue.Text(
            _blobType switch { (byte)'$' => RespKind.BulkString, (byte)'!' => RespKind.BulkError, _ => RespKind.VerbatimString },
            blob);
        _blob = null;
        return true;
    }

    private bool TryOpenAggregate(byte type, long count, out RespValue value)
    {
        if (type == '>' && (_depth > 0 || count == 0))
            throw Malformed(type);
        if (type is (byte)'%' or (byte)'|')
            count = count <= long.MaxValue / 2 ? count * 2 : throw TooLarge();
        if (count > maxReplyBytes / ItemCost)
            throw TooLarge();
        Charge(count * ItemCost);

        value = default;
        if (count == 0)
        {
            if (type == '|')
                return false;
            value = RespValue.Aggregate(AggregateKind(type), []);
            return true;
        }

        if (_depth == MaxDepth)
            throw new RespProtocolException($"a reply is nested deeper than {MaxDepth}");
        _open[_depth++] = new Frame { Type = type, Items = new RespValue[count] };
        return false;
    }

    private static long Length(byte type, ReadOnlySpan<byte> text) =>
        text is [>= (byte)'0' and <= (byte)'9', ..] && RespNumbers.TryInteger(text, out var length) ? length : throw Malformed(type);

    private static RespKind AggregateKind(byte type) => type switch
    {
        (byte)'*' => RespKind.Array,
        (byte)'~' => RespKind.Set,
        (byte)'%' => RespKind.Map,
        _ => RespKind.Push,
    };

    private void Charge(long bytes)
    {
        // Subtracted rather than added: a hostile length near the end of the range must not overflow.
        if (bytes > maxReplyBytes - _charged)
            throw TooLarge();
        _charged += bytes;
    }

    private RespProtocolException TooLarge() => new($"a reply is larger than {maxReplyBytes} bytes (MaxReplyBytes)");

    private static RespProtocolException Malformed(byte type) => new($"a malformed value of type '{(char)type}'");
}
