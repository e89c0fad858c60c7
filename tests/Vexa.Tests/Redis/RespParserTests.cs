using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Vexa.Redis;

namespace Vexa.Tests.Redis;

public class RespParserTests
{
    private const long Limit = 1 << 20;

    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(1000);

    [Fact]
    public void Any_messages_encoded_and_cut_into_any_pieces_are_read_as_they_were()
    {
        var cases =
            from messages in RespGenerators.Messages.ListOf()
            from pieces in Gen.Choose(1, 9).NonEmptyListOf()
            select (Messages: messages.ToArray(), Pieces: pieces.ToArray());
        Check.One(Runs, Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var wire = c.Messages.SelectMany(RespWriter.Encode).ToArray();
            return Read(wire, c.Pieces).SequenceEqual(c.Messages);
        }));
    }

    [Fact]
    public void Attributes_anywhere_are_skipped()
    {
        Check.One(Runs, Prop.ForAll(RespGenerators.Values.ToArbitrary(), RespGenerators.Values.ToArbitrary(), (about, value) =>
        {
            byte[] attribute = [.. "|1\r\n"u8, .. RespWriter.Encode(about), .. "#t\r\n"u8];
            byte[] value1 = RespWriter.Encode(value);
            byte[] wire = [.. attribute, .. "*2\r\n"u8, .. attribute, .. value1, .. "|0\r\n"u8, .. attribute, .. value1];
            return Read(wire, [7]).Single() == RespValue.Aggregate(RespKind.Array, [value, value]);
        }));
    }

    [Fact]
    public void Bytes_that_nobody_meant_are_values_or_protocol_errors_and_nothing_else()
    {
        var anything = Gen.OneOf(RespGenerators.NearlyResp, ArbMap.Default.GeneratorFor<byte[]>());
        Check.One(Runs.WithMaxTest(5000), Prop.ForAll(anything.ToArbitrary(), bytes =>
        {
            try
            {
                Read(bytes, [3, 50, 1]);
            }
            catch (RespProtocolException)
            {
                // What it is to say.
            }
        }));
    }

    [Fact]
    public void One_flipped_byte_in_a_message_is_a_value_or_a_protocol_error_and_nothing_else()
    {
        var cases =
            from message in RespGenerators.Messages
            from place in Gen.Choose(0, int.MaxValue)
            from flip in Gen.Choose(1, 255)
            select (message, place, flip);
        Check.One(Runs, Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var wire = RespWriter.Encode(c.message);
            wire[c.place % wire.Length] ^= (byte)c.flip;
            try
            {
                Read(wire, [wire.Length]);
            }
            catch (RespProtocolException)
            {
                // What it is to say.
            }
        }));
    }

    [Theory]
    [InlineData("+OK\r\n", RespKind.SimpleString)]
    [InlineData("-ERR no\r\n", RespKind.Error)]
    [InlineData(":-12\r\n", RespKind.Integer)]
    [InlineData(":+12\r\n", RespKind.Integer)]
    [InlineData("$0\r\n\r\n", RespKind.BulkString)]
    [InlineData("$-1\r\n", RespKind.Null)]
    [InlineData("*-1\r\n", RespKind.Null)]
    [InlineData("*0\r\n", RespKind.Array)]
    [InlineData("_\r\n", RespKind.Null)]
    [InlineData(",1e3\r\n", RespKind.Double)]
    [InlineData(",-nan\r\n", RespKind.Double)]
    [InlineData("#f\r\n", RespKind.Boolean)]
    [InlineData("(3492890328409238509324850943850943825024385\r\n", RespKind.BigNumber)]
    [InlineData("!5\r\nERR x\r\n", RespKind.BulkError)]
    [InlineData("=8\r\ntxt:Some\r\n", RespKind.VerbatimString)]
    [InlineData("%1\r\n+a\r\n:1\r\n", RespKind.Map)]
    [InlineData("~1\r\n:1\r\n", RespKind.Set)]
    [InlineData(">1\r\n:1\r\n", RespKind.Push)]
    public void Every_type_of_both_protocols_is_read(string wire, RespKind kind) =>
        Assert.Equal(kind, Read(Encoding.ASCII.GetBytes(wire), [1]).Single().Kind);

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("OK\r\n")]
    [InlineData("+OK\n")]
    [InlineData("+O\rK\r\n")]
    [InlineData(":\r\n")]
    [InlineData(":1x\r\n")]
    [InlineData(":9223372036854775808\r\n")]
    [InlineData("#x\r\n")]
    [InlineData("_x\r\n")]
    [InlineData(",\r\n")]
    [InlineData(",1,5\r\n")]
    [InlineData("(\r\n")]
    [InlineData("(1.5\r\n")]
    [InlineData("$-2\r\n")]
    [InlineData("$+1\r\nx\r\n")]
    [InlineData("$?\r\n")]
    [InlineData("$1\r\nxy\r\n")]
    [InlineData("$1\r\nx\n\r")]
    [InlineData("=3\r\nabc\r\n")]
    [InlineData("*-2\r\n")]
    [InlineData("%-1\r\n")]
    [InlineData("!-1\r\n")]
    [InlineData(">0\r\n")]
    [InlineData("*1\r\n>1\r\n:1\r\n")]
    public void What_is_not_RESP_is_a_protocol_error(string wire) =>
        Assert.Throws<RespProtocolException>(() => Read(Encoding.ASCII.GetBytes(wire), [1]));

    [Theory]
    [InlineData("$1048577\r\n")]
    [InlineData("$9223372036854775807\r\n")]
    [InlineData("*9223372036854775807\r\n")]
    [InlineData("%9223372036854775807\r\n")]
    [InlineData("%4611686018427387904\r\n")]
    [InlineData("*50000\r\n")]
    [InlineData("*20000\r\n*20000\r\n*20000\r\n")]
    [InlineData("*2\r\n$600000\r\n")]
    public void Sizes_beyond_the_limit_are_refused_before_anything_arrives(string wire)
    {
        // The last of the cases passes the limit only with its second blob.
        var bytes = Encoding.ASCII.GetBytes(wire);
        if (wire.StartsWith("*2\r\n$600000", StringComparison.Ordinal))
            bytes = [.. bytes, .. new byte[600_000], .. "\r\n$600000\r\n"u8];
        Assert.Contains("MaxReplyBytes", Assert.Throws<RespProtocolException>(() => Read(bytes, [8192])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_message_may_be_as_large_as_the_limit_however_many_there_are()
    {
        byte[] one = [.. "$900000\r\n"u8, .. new byte[900_000], .. "\r\n"u8];
        Assert.Equal(3, Read([.. one, .. one, .. one], [64 * 1024]).Count);
    }

    [Fact]
    public void Nesting_is_read_to_its_limit_and_refused_beyond()
    {
        var deep = string.Concat(Enumerable.Repeat("*1\r\n", RespParser.MaxDepth));
        Assert.Single(Read(Encoding.ASCII.GetBytes(deep + ":1\r\n"), [5]));
        Assert.Throws<RespProtocolException>(() => Read(Encoding.ASCII.GetBytes(deep + "*1\r\n:1\r\n"), [5]));
    }

    [Fact]
    public void A_line_that_never_ends_is_refused()
    {
        var bytes = new byte[RespParser.MaxLine + 1];
        Array.Fill(bytes, (byte)'+');
        Assert.Throws<RespProtocolException>(() => Read(bytes, [100]));
    }

    [Fact]
    public void A_large_value_in_single_bytes_is_looked_at_once()
    {
        // Were it quadratic, 16 million pieces would not end while anybody waits.
        var parser = new RespParser(64 << 20);
        byte[] wire = [.. "$16000000\r\n"u8, .. new byte[16_000_000], .. "\r\n"u8];
        var values = 0;
        for (var i = 0; i < wire.Length; i++)
        {
            ReadOnlySpan<byte> input = wire.AsSpan(i, 1);
            if (parser.TryRead(ref input, out _))
                values++;
        }

        Assert.Equal(1, values);
        Assert.True(parser.IsBetweenValues);
    }

    private static List<RespValue> Read(byte[] wire, int[] pieces)
    {
        var parser = new RespParser(Limit);
        var values = new List<RespValue>();
        for (int at = 0, turn = 0; at < wire.Length; turn++)
        {
            var length = Math.Min(pieces[turn % pieces.Length], wire.Length - at);
            ReadOnlySpan<byte> input = wire.AsSpan(at, length);
            while (parser.TryRead(ref input, out var value))
                values.Add(value);
            Assert.True(input.IsEmpty, "The parser left bytes behind.");
            at += length;
        }

        return values;
    }
}
