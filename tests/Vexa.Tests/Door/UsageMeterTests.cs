using System.Text;
using Vexa.Door.Inference;

namespace Vexa.Tests.Door;

public sealed class UsageMeterTests
{
    private const string Streamed = """
        event: message_start
        data: {"type":"message_start","message":{"id":"m","model":"claude-x","content":[],"usage":{"input_tokens":7,"cache_read_input_tokens":3,"output_tokens":1}}}

        event: content_block_delta
        data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"the \"usage\" of words"}}

        event: message_delta
        data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":42}}

        """;

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public void Usage_is_read_off_a_stream_however_it_is_cut(int size)
    {
        var meter = new UsageMeter();
        foreach (var chunk in Encoding.UTF8.GetBytes(Streamed).Chunk(size))
            meter.Observe(chunk);

        Assert.Equal(new Usage(10, 42, "claude-x"), meter.Read());
    }

    [Fact]
    public void Usage_is_read_off_a_whole_answer()
    {
        var meter = new UsageMeter();
        meter.Observe("""{"type":"message","model":"claude-x","usage":{"input_tokens":5,"output_tokens":6}}"""u8);

        Assert.Equal(new Usage(5, 6, "claude-x"), meter.Read());
    }

    [Fact]
    public void An_answer_without_usage_counts_as_nothing()
    {
        var meter = new UsageMeter();
        meter.Observe("<html>\"usage\" of this page</html>\n"u8);
        meter.Observe(new byte[100_000]);

        Assert.Null(meter.Read());
    }
}
