using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
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

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(50_000_000)]
    public void A_whole_answer_may_be_of_any_size_and_in_any_order(int size)
    {
        var text = new string('x', 3_000_000);
        string[] answers =
        [
            $$$"""{"model":"claude-x","content":[{"type":"text","text":"{{{text}}}"}],"usage":{"input_tokens":5,"output_tokens":6}}""",
            $$$"""  {"usage":{"input_tokens":5,"output_tokens":6},"content":[{"type":"text","text":"{{{text}}}"}], "model" : "claude-x"}""",
        ];
        foreach (var answer in answers)
        {
            var meter = new UsageMeter();
            foreach (var chunk in Encoding.UTF8.GetBytes(answer).Chunk(size))
                meter.Observe(chunk);

            Assert.Equal(new Usage(5, 6, "claude-x"), meter.Read());
        }
    }

    [Theory]
    [InlineData("""{"content":[{"model":"no","usage":{"input_tokens":9}}],"model":"m","usage":{"input_tokens":1,"details":{"input_tokens":9},"list":[9]}}""")]
    [InlineData("""{"content":"\"usage\":{\"input_tokens\":9}","m\u006fdel":"m","usage":{"input_tokens":1}}""")]
    [InlineData("""{"model":"m","metadata":{"usage":{"input_tokens":9}},"usage":{"input_tokens":1,"service_tier":"standard","output_tokens":null}}""")]
    public void Only_the_answers_own_usage_counts(string answer)
    {
        var meter = new UsageMeter();
        meter.Observe(Encoding.UTF8.GetBytes(answer));

        Assert.Equal(new Usage(1, 0, "m"), meter.Read());
    }

    [Fact]
    public void Any_answer_cut_into_any_pieces_counts_as_what_it_says()
    {
        var cases =
            from model in ArbMap.Default.GeneratorFor<NonNull<string>>().Select(s => s.Get).Where(s => s.Length is > 0 and <= 128 && IsText(s))
            from input in Gen.Choose(0, 999_999)
            from cached in Gen.Choose(0, 999_999)
            from output in Gen.Choose(0, 999_999)
            from noise in Noise(3).ListOf()
            from order in Gen.Shuffle(Enumerable.Range(0, noise.Count + 2).ToArray())
            from indented in ArbMap.Default.GeneratorFor<bool>()
            from streamed in ArbMap.Default.GeneratorFor<bool>()
            from pieces in Gen.Choose(1, 40).NonEmptyListOf()
            select (Expected: new Usage(input + cached, output, model), Answer: Answer(model, input, cached, output, [.. noise], order, indented, streamed), Pieces: pieces.ToArray());
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(1000), Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var meter = new UsageMeter();
            var rest = c.Answer.AsSpan();
            for (var i = 0; !rest.IsEmpty; i++)
            {
                var take = Math.Min(c.Pieces[i % c.Pieces.Length], rest.Length);
                meter.Observe(rest[..take]);
                rest = rest[take..];
            }

            return meter.Read() == c.Expected;
        }));
    }

    [Fact]
    public void Any_bytes_at_all_are_looked_at_without_a_fault()
    {
        var letters = Gen.Elements(Encoding.ASCII.GetBytes("{}[]\",:data \n\r\\01usagemodel\xff"));
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(1000), Prop.ForAll(letters.ArrayOf().ListOf().ToArbitrary(), chunks =>
        {
            var meter = new UsageMeter();
            foreach (var chunk in chunks)
                meter.Observe(chunk);

            _ = meter.Read();
        }));
    }

    // Whatever else an answer may hold, at any depth, under any name but those that count at the top.
    private static Gen<JsonNode?> Noise(int depth)
    {
        var leaf = Gen.OneOf(
            ArbMap.Default.GeneratorFor<int>().Select(n => (JsonNode?)JsonValue.Create(n)),
            Gen.Elements("usage", "model", "a \"usage\": {", "\\", "[", "}").Select(s => (JsonNode?)JsonValue.Create(s)),
            Gen.Constant((JsonNode?)null));
        return depth == 0 ? leaf : Gen.Frequency(
            (2, leaf),
            (1, Noise(depth - 1).ListOf().Select(list => (JsonNode?)new JsonArray([.. list.Select(n => n?.DeepClone())]))),
            (1, Noise(depth - 1).ListOf().Select(list => (JsonNode?)new JsonObject(list.Select((n, i) =>
                KeyValuePair.Create(i < 3 ? new[] { "usage", "model", "input_tokens" }[i] : $"n{i}", n?.DeepClone()))))));
    }

    private static byte[] Answer(string model, int input, int cached, int output, JsonNode?[] noise, int[] order, bool indented, bool streamed)
    {
        var usage = new JsonObject { ["input_tokens"] = input, ["cache_read_input_tokens"] = cached, ["output_tokens"] = output };
        var fields = noise.Select((n, i) => KeyValuePair.Create($"noise{i}", n)).Append(new("model", model)).Append(new("usage", usage)).ToArray();
        var message = new JsonObject(order.Select(i => fields[i]).Select(f => KeyValuePair.Create(f.Key, f.Value?.DeepClone())));
        if (!streamed)
            return Encoding.UTF8.GetBytes(message.ToJsonString(new JsonSerializerOptions { WriteIndented = indented }));

        var start = new JsonObject { ["type"] = "message_start", ["message"] = message };
        return Encoding.UTF8.GetBytes($"event: message_start\r\ndata: {start.ToJsonString()}\r\n\r\nevent: ping\ndata: {{\"type\":\"ping\"}}\n\n");
    }

    // A lone half of a pair of surrogates is no text.
    private static bool IsText(string text) => text == Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    [Fact]
    public void An_answer_without_usage_counts_as_nothing()
    {
        var meter = new UsageMeter();
        meter.Observe("<html>\"usage\" of this page</html>\n"u8);
        meter.Observe(new byte[100_000]);

        Assert.Null(meter.Read());
    }
}
