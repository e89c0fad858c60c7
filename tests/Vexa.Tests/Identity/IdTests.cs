using FsCheck;
using FsCheck.Fluent;

namespace Vexa.Tests.Identity;

public sealed class IdTests
{
    [Theory]
    [InlineData("")]
    [InlineData("-a")]
    [InlineData("a-")]
    [InlineData("A")]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData("a b")]
    [InlineData("a\n")]
    [InlineData("ä")]
    [InlineData("a{b}")]
    [InlineData("a:b")]
    public void What_breaks_the_grammar_is_refused(string text) =>
        Assert.Equal("id-grammar", Assert.Throws<VexaException>(() => Id.Parse<WorkspaceId>(text)).Rule);

    [Fact]
    public void A_refusal_of_ten_kilobytes_is_itself_short() =>
        Assert.True(Assert.Throws<VexaException>(() => Id.Parse<DispatchId>(new string('a', 10_000))).Message.Length < 200);

    [Fact]
    public void Whatever_parses_is_safe_as_path_segment_key_label_and_ref() => Check.QuickThrowOnFailure(Prop.ForAll(
        ArbMap.Default.ArbFor<string>(),
        text => !Id.TryParse<WorkspaceId>(text, out var id)
            || (id.Value == text && text.Length <= 48 && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'))));
}
