using System.Text;
using Vexa.Cli.Attack;

namespace Vexa.Tests.Attacks;

public sealed class CanarySearchTests
{
    private static readonly Canary Secret = Canary.Fresh("a file of the host");

    [Fact]
    public void It_is_found_as_it_is_and_its_place_and_where_it_was_found_are_told() =>
        Assert.Equal(["a file of the host, as it is, in the log"], Find($"so {Secret.Secret} it is"));

    [Fact]
    public void It_is_found_reversed() => Assert.NotEmpty(Find($"x{new string([.. Secret.Secret.Reverse()])}y"));

    [Fact]
    public void It_is_found_in_hex_of_either_case()
    {
        Assert.NotEmpty(Find(Convert.ToHexStringLower(Encoding.ASCII.GetBytes($"ab{Secret.Secret}"))));
        Assert.NotEmpty(Find(Convert.ToHexString(Encoding.ASCII.GetBytes($"abc{Secret.Secret}d"))));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("a", "")]
    [InlineData("ab", "")]
    [InlineData("abc", "x")]
    [InlineData("abcd", "xy")]
    [InlineData("key=", "\nmore")]
    [InlineData("\u00ff\u00fe", "\u00ff\u00ff\u00ff")]
    public void It_is_found_in_base64_wherever_in_a_text_it_stands(string before, string after)
    {
        var encoded = Convert.ToBase64String([.. Encoding.Latin1.GetBytes(before), .. Encoding.ASCII.GetBytes(Secret.Secret), .. Encoding.Latin1.GetBytes(after)]);

        Assert.NotEmpty(Find(encoded));
        Assert.NotEmpty(Find(encoded.Replace('+', '-').Replace('/', '_').TrimEnd('=')));
    }

    [Fact]
    public void It_is_found_where_it_is_broken_into_lines()
    {
        var encoded = Convert.ToBase64String(Encoding.ASCII.GetBytes(Secret.Secret));

        Assert.NotEmpty(Find(string.Join("\r\n", encoded.Chunk(10).Select(piece => new string(piece)))));
        Assert.NotEmpty(Find(string.Join(' ', Secret.Secret.Chunk(2).Select(piece => new string(piece)))));
    }

    [Fact]
    public void Nothing_is_found_where_there_is_nothing()
    {
        Assert.Empty(Find(Secret.Secret[..^1]));
        Assert.Empty(Find(Canary.Fresh("another").Secret));
        Assert.Empty(Find(""));
    }

    private static List<string> Find(string text) => [.. new CanarySearch([Secret]).In("the log", Encoding.Latin1.GetBytes(text))];
}
