using System.Text;
using Vexa.Redis;

namespace Vexa.Tests.Redis;

public class RespValueTests
{
    [Fact]
    public void Null_is_an_empty_list_and_no_text()
    {
        Assert.True(RespValue.Null.IsNull);
        Assert.Empty(RespValue.Null.Items);
        Assert.Null(RespValue.Null.AsStringOrNull());
        Assert.Throws<InvalidOperationException>(() => RespValue.Null.AsString());
        Assert.Throws<InvalidOperationException>(() => RespValue.Null.AsInt64());
    }

    [Fact]
    public void Numbers_are_read_from_numbers_and_from_text()
    {
        Assert.Equal(-5, RespValue.Integer(-5).AsInt64());
        Assert.Equal(17, Text("17").AsInt64());
        Assert.Equal("17", RespValue.Integer(17).AsString());
        Assert.Equal(2.5, Text("2.5").AsDouble());
        Assert.Equal("2.5", RespValue.OfDouble(2.5).AsString());
        Assert.Equal(double.PositiveInfinity, Text("inf").AsDouble());
        Assert.Equal("1" + new string('0', 30), RespValue.Text(RespKind.BigNumber, Encoding.ASCII.GetBytes("1" + new string('0', 30))).AsString());
        Assert.Equal(1, RespValue.Boolean(true).AsInt64());
        Assert.Throws<InvalidOperationException>(() => Text("17 apples").AsInt64());
    }

    [Fact]
    public void Keys_are_found_in_maps_and_in_lists_of_keys_and_values()
    {
        foreach (var kind in new[] { RespKind.Map, RespKind.Array })
        {
            var reply = RespValue.Aggregate(kind, [Text("a"), RespValue.Integer(1), Text("b"), RespValue.Integer(2)]);
            Assert.Equal(2, reply["b"].AsInt64());
            Assert.False(reply.TryGet("c", out _));
            Assert.Throws<KeyNotFoundException>(() => reply["c"]);
        }

        Assert.Throws<InvalidOperationException>(() => RespValue.Aggregate(RespKind.Array, [Text("a")]).TryGet("a", out _));
    }

    [Fact]
    public void A_verbatim_string_is_its_text() =>
        Assert.Equal("hello", RespValue.Text(RespKind.VerbatimString, "txt:hello"u8.ToArray()).AsString());

    [Fact]
    public void ToString_does_not_show_what_is_in_it()
    {
        Assert.DoesNotContain("secret", Text("secret").ToString(), StringComparison.Ordinal);
        var misread = Assert.Throws<InvalidOperationException>(() => Text("secret").AsInt64());
        Assert.DoesNotContain("secret", misread.Message, StringComparison.Ordinal);
    }

    private static RespValue Text(string text) => RespValue.Text(RespKind.BulkString, Encoding.UTF8.GetBytes(text));
}
