using System.Text;
using Vexa.Redis;

namespace Vexa.Tests.Redis;

public class RedisCommandTests
{
    [Fact]
    public void A_command_is_encoded_as_an_array_of_strings()
    {
        ReadOnlyMemory<byte> binary = new byte[] { (byte)'\r', (byte)'\n', 0 };
        var wire = RedisCommand.Of("XADD", "unit:ä", long.MinValue, 0, binary, "", Array.Empty<byte>()).Wire;
        Assert.Equal(
            "*7\r\n$4\r\nXADD\r\n$7\r\nunit:ä\r\n$20\r\n-9223372036854775808\r\n$1\r\n0\r\n$3\r\n\r\n\0\r\n$0\r\n\r\n$0\r\n\r\n",
            Encoding.UTF8.GetString(wire.Span));
    }

    [Fact]
    public void What_the_memory_of_an_argument_becomes_later_does_not_matter()
    {
        var bytes = "before"u8.ToArray();
        var command = RedisCommand.Of("SET", "key", bytes);
        "after!"u8.CopyTo(bytes);
        Assert.Contains("before", Encoding.UTF8.GetString(command.Wire.Span), StringComparison.Ordinal);
    }

    [Fact]
    public void ToString_shows_no_argument() => Assert.Equal("SET", RedisCommand.Of("SET", "key", "secret").ToString());

    [Theory]
    [InlineData("")]
    [InlineData("CLIENT ID")]
    [InlineData("GET\r\n")]
    public void A_name_that_is_not_one_word_is_refused(string name) => Assert.ThrowsAny<ArgumentException>(() => RedisCommand.Of(name));

    [Fact]
    public void Text_that_is_not_well_formed_is_refused() => Assert.ThrowsAny<ArgumentException>(() => RedisCommand.Of("GET", "\ud800"));

    [Theory]
    [InlineData("GET key", "Anywhere")]
    [InlineData("XREAD COUNT 1 STREAMS block 0", "Anywhere")]
    [InlineData("xread count 1 block 0 streams key 0", "Blocking")]
    [InlineData("XREADGROUP GROUP g c BLOCK 10 STREAMS key >", "Blocking")]
    [InlineData("BLPOP key 0", "Blocking")]
    [InlineData("multi", "Internal")]
    [InlineData("SUBSCRIBE channel", "Internal")]
    [InlineData("CLIENT REPLY OFF", "Internal")]
    [InlineData("CLIENT ID", "Anywhere")]
    public void A_command_knows_the_connection_that_it_needs(string text, string use)
    {
        var words = text.Split(' ');
        Assert.Equal(use, RedisCommand.Of(words[0], [.. words[1..].Select(w => (RedisArg)w)]).Use.ToString());
    }

    [Fact]
    public void A_script_is_known_by_the_hash_that_the_server_would_compute()
    {
        // As `redis-cli SCRIPT LOAD "return 1"` answers.
        Assert.Equal("e0e1f9fabfc9d4800c877a703b823ac0578ff8db", new RedisScript("one", "return 1").Sha1);
    }

    [Fact]
    public void A_script_that_is_not_embedded_is_named_in_the_error() =>
        Assert.Contains("nowhere.lua", Assert.Throws<ArgumentException>(() => RedisScript.FromResource(typeof(RedisCommandTests).Assembly, "nowhere.lua")).Message, StringComparison.Ordinal);
}
