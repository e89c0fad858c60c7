using System.Globalization;
using System.Text;

namespace Vexa.Redis;

/// <summary>
/// One reply, or one element of it. Immutable. An accessor that does not fit the value's kind throws
/// <see cref="InvalidOperationException"/>: it means that the caller asked a different command than it thinks.
/// </summary>
public readonly struct RespValue : IEquatable<RespValue>
{
    /// <summary>A <c>byte[]</c> for all kinds of text, a <c>RespValue[]</c> for aggregates; a map is its keys and values in turn.</summary>
    private readonly object? _data;

    /// <summary>The integer, the boolean, or the bits of the double.</summary>
    private readonly long _bits;

    private RespValue(RespKind kind, object? data, long bits = 0)
    {
        Kind = kind;
        _data = data;
        _bits = bits;
    }

    public RespKind Kind { get; }

    public bool IsNull => Kind == RespKind.Null;

    public bool IsError => Kind is RespKind.Error or RespKind.BulkError;

    /// <summary>The elements; empty for null, so that a reply of "nothing" needs no special case. A map's are key, value, key, value.</summary>
    public IReadOnlyList<RespValue> Items => Kind == RespKind.Null ? [] : _data as RespValue[] ?? throw Unfit("a list");

    public RespValue this[int index] => Items[index];

    /// <summary>The value of a key, in a map or in a list of keys and values.</summary>
    /// <exception cref="KeyNotFoundException">There is no such key.</exception>
    public RespValue this[string key] =>
        TryGet(key, out var value) ? value : throw new KeyNotFoundException($"The reply has no key '{key}'.");

    /// <summary>Looks a key up, in a map or in a list of keys and values. Linear, since replies with keys are short.</summary>
    public bool TryGet(string key, out RespValue value)
    {
        foreach (var (candidate, found) in AsMap())
        {
            if (candidate._data is byte[] && candidate.AsString() == key)
            {
                value = found;
                return true;
            }
        }

        value = default;
        return false;
    }

    /// <summary>
    /// Keys and values, in the server's order, of a map or of a list that holds them in turn, as a stream entry does; none for null.
    /// </summary>
    public IReadOnlyList<KeyValuePair<RespValue, RespValue>> AsMap()
    {
        var items = Items;
        if (items.Count % 2 != 0)
            throw Unfit("keys and values");
        var pairs = new KeyValuePair<RespValue, RespValue>[items.Count / 2];
        for (var i = 0; i < pairs.Length; i++)
            pairs[i] = new(items[2 * i], items[2 * i + 1]);
        return pairs;
    }

    /// <summary>Text as UTF-8, or a number in invariant notation.</summary>
    public string AsString() => AsStringOrNull() ?? throw Unfit("text");

    /// <summary>As <see cref="AsString"/>; null for null.</summary>
    public string? AsStringOrNull() => Kind switch
    {
        RespKind.Null => null,
        RespKind.Integer => _bits.ToString(CultureInfo.InvariantCulture),
        RespKind.Double => Double.ToString("R", CultureInfo.InvariantCulture),
        _ => Encoding.UTF8.GetString(AsBytes().Span),
    };

    /// <summary>The bytes of any kind of text, a verbatim string's without its format.</summary>
    public ReadOnlyMemory<byte> AsBytes() => _data is byte[] bytes && !IsError
        ? Kind == RespKind.VerbatimString ? bytes.AsMemory(4) : bytes
        : throw Unfit("bytes");

    /// <summary>An integer, also one that came as text; 1 or 0 for a boolean.</summary>
    public long AsInt64() => Kind switch
    {
        RespKind.Integer or RespKind.Boolean => _bits,
        _ when _data is byte[] && long.TryParse(AsBytes().Span, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) => n,
        _ => throw Unfit("an integer"),
    };

    /// <summary>A double or an integer, such as a score, also one that came as text.</summary>
    public double AsDouble() => Kind switch
    {
        RespKind.Double => Double,
        RespKind.Integer => _bits,
        _ when _data is byte[] && RespNumbers.TryDouble(AsBytes().Span, out var n) => n,
        _ => throw Unfit("a number"),
    };

    /// <summary>What an error says.</summary>
    internal string ErrorText => IsError ? Encoding.UTF8.GetString((byte[])_data!) : throw Unfit("an error");

    /// <summary>A verbatim string's format: <c>txt</c>, <c>mkd</c>.</summary>
    internal string VerbatimFormat => Kind == RespKind.VerbatimString ? Encoding.ASCII.GetString((byte[])_data!, 0, 3) : throw Unfit("verbatim");

    private double Double => BitConverter.Int64BitsToDouble(_bits);

    internal static RespValue Null => default;

    internal static RespValue Integer(long value) => new(RespKind.Integer, null, value);

    internal static RespValue Boolean(bool value) => new(RespKind.Boolean, null, value ? 1 : 0);

    internal static RespValue OfDouble(double value) => new(RespKind.Double, null, BitConverter.DoubleToInt64Bits(value));

    /// <summary>Any kind of text; a verbatim string's bytes begin with its format and a colon.</summary>
    internal static RespValue Text(RespKind kind, byte[] bytes) => new(kind, bytes);

    internal static RespValue Aggregate(RespKind kind, RespValue[] items) => new(kind, items);

    /// <summary>Equal in kind and content; NaN equals NaN.</summary>
    public bool Equals(RespValue other) => Kind == other.Kind && (_data, other._data) switch
    {
        (byte[] mine, byte[] theirs) => mine.AsSpan().SequenceEqual(theirs),
        (RespValue[] mine, RespValue[] theirs) => mine.AsSpan().SequenceEqual(theirs),
        _ => Kind == RespKind.Double ? Double.Equals(other.Double) : _bits == other._bits,
    };

    public override bool Equals(object? obj) => obj is RespValue other && Equals(other);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(Kind);
        if (_data is byte[] bytes)
            hash.AddBytes(bytes);
        else if (_data is RespValue[] items)
            hash.Add(items.Length);
        else
            hash.Add(Kind == RespKind.Double ? Double.GetHashCode() : _bits.GetHashCode());
        return hash.ToHashCode();
    }

    public static bool operator ==(RespValue left, RespValue right) => left.Equals(right);

    public static bool operator !=(RespValue left, RespValue right) => !left.Equals(right);

    /// <summary>Kind and size only: replies hold what people wrote, and this ends up in logs.</summary>
    public override string ToString() => _data switch
    {
        byte[] bytes => $"{Kind} of {bytes.Length} bytes",
        RespValue[] items => $"{Kind} of {items.Length}",
        _ => Kind.ToString(),
    };

    private InvalidOperationException Unfit(string wanted) => new($"The reply was expected to be {wanted}, but it is: {this}.");
}
