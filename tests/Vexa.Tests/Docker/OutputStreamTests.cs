using System.Buffers.Binary;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Vexa.Docker.Containers;

namespace Vexa.Tests.Docker;

public sealed class OutputStreamTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Both_outputs_come_in_the_order_in_which_they_were_written()
    {
        byte[] frames = [.. Frame(1, "one "), .. Frame(2, "two "), .. Frame(1, ""), .. Frame(2, "three")];
        Assert.Equal("one two three", await ReadAll(frames, chunk: 3, buffer: 5));
    }

    /// <summary>The engine cuts its stream wherever it likes: also inside a header.</summary>
    [Fact]
    public void However_the_stream_is_cut_the_bytes_are_the_same() => Prop.ForAll<NonNull<string>[], PositiveInt, PositiveInt>((texts, chunk, buffer) =>
    {
        byte[] frames = [.. texts.SelectMany((text, i) => Frame(1 + i % 2, text.Get))];
        var expected = Encoding.UTF8.GetString([.. texts.SelectMany(text => Encoding.UTF8.GetBytes(text.Get))]);
        return ReadAll(frames, chunk.Get, buffer.Get).GetAwaiter().GetResult() == expected;
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(8)]
    [InlineData(10)]
    public async Task A_stream_that_breaks_off_has_ended(int length)
    {
        var text = await ReadAll(Frame(1, "abcdef")[..length], chunk: 4, buffer: 16);
        Assert.Equal("abcdef"[..Math.Max(0, length - 8)], text);
    }

    [Fact]
    public async Task A_length_of_4_GiB_takes_no_memory()
    {
        byte[] header = [1, 0, 0, 0, 255, 255, 255, 255, .. "hello"u8];
        Assert.Equal("hello", await ReadAll(header, chunk: 100, buffer: 100));
    }

    private static byte[] Frame(int stream, string text)
    {
        var content = Encoding.UTF8.GetBytes(text);
        var frame = new byte[8 + content.Length];
        frame[0] = (byte)stream;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), content.Length);
        content.CopyTo(frame, 8);
        return frame;
    }

    private static async Task<string> ReadAll(byte[] frames, int chunk, int buffer)
    {
        await using var output = new OutputStream(new ChoppedStream(frames, chunk));
        var all = new List<byte>();
        var some = new byte[buffer];
        while (await output.Read(some, Ct) is > 0 and var read)
            all.AddRange(some.AsSpan(0, read));

        return Encoding.UTF8.GetString([.. all]);
    }

    private sealed class ChoppedStream(byte[] content, int most) : MemoryStream(content)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, most)], cancellationToken);
    }
}
