using System.Text;
using System.Text.Json.Nodes;
using Vexa.Cli.Rehearsal;

namespace Vexa.Tests.Cli;

public sealed class MessageEventsTests
{
    private static readonly Answer Reply = new()
    {
        Rule = "r",
        Blocks =
        [
            new AnswerText("I'll write  it.\nNow."),
            new ToolUse("toolu_1", "Write", new JsonObject { ["file_path"] = "/w/ä.md", ["content"] = new string('x', 200) + "\n\"" }),
        ],
    };

    [Fact]
    public void A_stream_opens_and_closes_every_block_between_its_start_and_stop()
    {
        var types = Stream().Select(item => (string)item["type"]!).Where(type => type != "content_block_delta");

        Assert.Equal(["message_start", "content_block_start", "content_block_stop", "content_block_start", "content_block_stop", "message_delta", "message_stop"], types);
    }

    [Fact]
    public void The_pieces_of_a_stream_are_the_whole_answer()
    {
        var deltas = Stream().Where(item => (string)item["type"]! == "content_block_delta").Select(item => item["delta"]!).ToList();

        Assert.Equal("I'll write  it.\nNow.", string.Concat(deltas.Select(delta => (string?)delta["text"])));
        var input = JsonNode.Parse(string.Concat(deltas.Select(delta => (string?)delta["partial_json"])));
        Assert.True(JsonNode.DeepEquals(((ToolUse)Reply.Blocks[1]).Input, input));
    }

    [Fact]
    public void Text_comes_word_by_word() =>
        Assert.Equal(["I'll ", "write  ", "it.\n", "Now."], Stream().Select(item => (string?)item["delta"]?["text"]).OfType<string>());

    [Fact]
    public void A_tool_use_starts_with_an_empty_input_and_stops_the_message_for_its_result()
    {
        var start = Stream().Where(item => (string)item["type"]! == "content_block_start").Last()["content_block"]!;

        Assert.Equal("""{"type":"tool_use","id":"toolu_1","name":"Write","input":{}}""", start.ToJsonString());
        Assert.Equal("tool_use", (string?)Stream().Single(item => (string)item["type"]! == "message_delta")["delta"]!["stop_reason"]);
    }

    [Fact]
    public void A_frame_is_one_event_line_and_one_data_line() =>
        Assert.Equal("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n", Encoding.UTF8.GetString(RehearsalServer.Frame(new JsonObject { ["type"] = "message_stop" })));

    [Fact]
    public void Tokens_are_a_quarter_of_the_bytes()
    {
        var message = MessageEvents.Message("msg_1", new Answer { Rule = "r", Blocks = [new AnswerText("12345678")] }, ScriptedModelTests.Asked("x"));

        Assert.Equal(100, (int)message["usage"]!["input_tokens"]!);
        Assert.Equal(2, (int)message["usage"]!["output_tokens"]!);
    }

    private static List<JsonObject> Stream() => [.. MessageEvents.Stream("msg_1", Reply, ScriptedModelTests.Asked("x"))];
}
