using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Vexa.Redis;

namespace Vexa.Tests.Redis;

/// <summary>Any value that a server could send, and bytes that look as if they were one.</summary>
internal static class RespGenerators
{
    private static Gen<byte[]> Bytes { get; } = Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf();

    private static Gen<byte[]> LineText { get; } = Gen.Choose(32, 126).Select(b => (byte)b).ArrayOf();

    private static Gen<double> Doubles { get; } = Gen.OneOf(
        ArbMap.Default.GeneratorFor<double>(),
        Gen.Elements(double.PositiveInfinity, double.NegativeInfinity, double.NaN, 0.0, -0.0, double.Epsilon, double.MaxValue));

    private static Gen<RespValue> Leaf { get; } = Gen.OneOf(
        Gen.Constant(RespValue.Null),
        ArbMap.Default.GeneratorFor<long>().Select(RespValue.Integer),
        Gen.Elements(long.MinValue, long.MaxValue).Select(RespValue.Integer),
        ArbMap.Default.GeneratorFor<bool>().Select(RespValue.Boolean),
        Doubles.Select(RespValue.OfDouble),
        LineText.Select(t => RespValue.Text(RespKind.SimpleString, t)),
        LineText.Select(t => RespValue.Text(RespKind.Error, t)),
        Bytes.Select(b => RespValue.Text(RespKind.BulkString, b)),
        LineText.Select(t => RespValue.Text(RespKind.BulkError, t)),
        Bytes.Select(b => RespValue.Text(RespKind.VerbatimString, [.. "txt:"u8, .. b])),
        Gen.Choose(0, 9).NonEmptyListOf().Select(d => RespValue.Text(RespKind.BigNumber, Encoding.ASCII.GetBytes("-" + string.Concat(d)))));

    public static Gen<RespValue> Values { get; } = Gen.Sized(size => Nested(Math.Min(size, 40)));

    /// <summary>As <see cref="Values"/>, and pushes, which stand only at the top.</summary>
    public static Gen<RespValue> Messages { get; } = Gen.Frequency(
        (4, Values),
        (1, Values.NonEmptyListOf().Where(v => v.Count <= 20).Select(v => RespValue.Aggregate(RespKind.Push, [.. v]))));

    /// <summary>Bytes of which many are the protocol's own, so that they get further than the first.</summary>
    public static Gen<byte[]> NearlyResp { get; } = Gen.Frequency(
            (5, Gen.Elements("+-:$*_,#(!=%~|>"u8.ToArray())),
            (4, Gen.Elements("0123456789"u8.ToArray())),
            (1, Gen.Choose(0, 255).Select(b => (byte)b)))
        .ArrayOf()
        .ListOf()
        .Select(lines => lines.SelectMany(line => (byte[])[.. line, .. "\r\n"u8]).ToArray());

    private static Gen<RespValue> Nested(int size)
    {
        if (size <= 1)
            return Leaf;
        var items = Gen.Choose(0, 4).SelectMany(n => Nested(size / 4).ArrayOf(n));
        return Gen.Frequency(
            (3, Leaf),
            (1, items.Select(i => RespValue.Aggregate(RespKind.Array, i))),
            (1, items.Select(i => RespValue.Aggregate(RespKind.Set, i))),
            (1, items.Select(i => RespValue.Aggregate(RespKind.Map, [.. i, .. i]))));
    }
}
