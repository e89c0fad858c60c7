using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Vexa.Worker.Formats;
using Vexa.Worker.Processes;

namespace Vexa.Tests.Worker;

public sealed class TextTests
{
    [Theory]
    [InlineData("plain ä 😀\n\ttext", "plain ä 😀\n\ttext")]
    [InlineData("\u001b[1;31mred\u001b[0m", "red")]
    [InlineData("\u001b]0;title\u0007after", "after")]
    [InlineData("\u001b]8;;http://x\u001b\\link", "link")]
    [InlineData("\u001b]open\nnext line", "\nnext line")]
    [InlineData("a\0b\bc\u009b31md\u007f", "a\uFFFDbc31md")]
    [InlineData("end\u001b", "end")]
    public void Text_is_made_harmless(string text, string harmless) => Assert.Equal(harmless, SafeText.Of(text));

    [Fact]
    public void Halves_of_surrogate_pairs_are_replaced() => Assert.Equal("x\uFFFDy\uFFFDz", SafeText.Of("x\ud800y\udc00z"));

    [Fact]
    public void Invalid_utf8_is_replaced() => Assert.Equal("a\uFFFDb", SafeText.Of([(byte)'a', 0xFF, (byte)'b']));

    [Fact]
    public void Shortening_never_splits_a_pair()
    {
        var text = string.Concat(Enumerable.Repeat("😀", 100));

        for (var max = 10; max < 60; max++)
        {
            var shortened = SafeText.Shorten(text, max);
            Assert.InRange(shortened.Length, 1, max);
            Assert.Equal(shortened, SafeText.Of(shortened));
        }
    }

    [Fact]
    public void A_text_runners_lines_are_the_answer_and_its_exit_code_decides()
    {
        var good = new PlainText();
        List<UnitEvent> frames = [];
        good.Line("one"u8, cut: false, frames);
        good.Line("two"u8, cut: true, frames);

        Assert.Equal([new MessageDelta("one\n"), new MessageDelta("two… [line cut]\n")], frames);
        Assert.True(good.Finish(new(0, null), "").Ok);
        Assert.Equal("runner-failed", good.Finish(new(2, null), "why").Failure!.Rule);
        Assert.Contains("(signal 9 (SIGKILL)); it last wrote: why", good.Finish(new(null, 9), "why").Failure!.Message, StringComparison.Ordinal);
        Assert.Equal("runner-silent", new PlainText().Finish(new(0, null), "").Failure!.Rule);
    }

    [Fact]
    public void Lines_are_the_same_however_the_bytes_are_cut() =>
        Prop.ForAll<NonNull<string>[], PositiveInt>((texts, size) =>
        {
            var bytes = Encoding.UTF8.GetBytes(string.Join('\n', texts.Select(text => text.Get)));
            Assert.Equal(Split(bytes, bytes.Length + 1), Split(bytes, size.Get));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_line_without_end_is_cut_and_the_next_one_is_whole()
    {
        List<(int Length, bool Cut)> lines = [];
        var splitter = new LineSplitter((line, cut) => lines.Add((line.Length, cut)));
        var block = new byte[100_000];
        for (var i = 0; i < 50; i++)
            splitter.Feed(block);
        splitter.Feed("\nnext"u8);
        splitter.Complete();

        Assert.Equal([(LineSplitter.MaxLine, true), (4, false)], lines);
    }

    [Fact]
    public void The_tail_buffer_keeps_the_last_bytes() =>
        Prop.ForAll<byte[][]>(writes =>
        {
            var tail = new TailBuffer(16);
            foreach (var write in writes)
                tail.Append(write);
            Assert.Equal(writes.SelectMany(write => write).TakeLast(16), tail.ToArray());
        }).QuickCheckThrowOnFailure();

    private static List<string> Split(byte[] bytes, int size)
    {
        List<string> lines = [];
        var splitter = new LineSplitter((line, _) => lines.Add(Convert.ToHexString(line)));
        foreach (var chunk in bytes.Chunk(size))
            splitter.Feed(chunk);
        splitter.Complete();
        return lines;
    }
}
