using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Vexa.Worker.Formats;
using Vexa.Worker.Processes;

namespace Vexa.Tests.Worker;

public sealed class ClaudeStreamJsonTests
{
    private static readonly ExitStatus Zero = new(0, null);

    [Fact]
    public void A_recorded_turn_becomes_its_frames()
    {
        var (translator, frames) = Translate(Recorded("write-then-answer"));

        Assert.Collection(frames,
            frame => Assert.Equal(new Phase("agent-running"), frame),
            frame =>
            {
                var call = Assert.IsType<ToolCall>(frame);
                Assert.Equal(("toolu_1", "Write"), (call.CallId, call.Tool));
                Assert.Equal("""{"file_path":"/workspaces/home/a.md","content":"hi\n"}""", call.Args.GetRawText());
            },
            frame => Assert.Equal(
                new ToolResult("toolu_1", true, "File created successfully at: /workspaces/home/a.md (file state is current in your context — no need to Read it back)"), frame),
            frame => Assert.Equal(new MessageDelta("Done, "), frame),
            frame => Assert.Equal(new MessageDelta("recorded."), frame));
        Assert.Equal("0d502895-14c3-40ab-af37-fefe4ad91ce2", translator.Session);
        Assert.True(translator.HasResult);
        // The exit code is no word on success.
        Assert.Equal(new RunOutcome(true, "Done, recorded.", null), translator.Finish(new(1, null), "noise"));
    }

    [Fact]
    public void Without_partial_messages_the_text_blocks_are_the_answer()
    {
        var whole = Recorded("write-then-answer").Where(line => !line.Contains("\"stream_event\"", StringComparison.Ordinal));

        var (_, frames) = Translate(whole);

        Assert.Equal([new MessageDelta("Done, recorded.")], frames.OfType<MessageDelta>());
    }

    [Fact]
    public void Text_that_broke_off_in_pieces_is_completed_from_the_whole_block()
    {
        var lines = Recorded("write-then-answer").Where(line => !line.Contains("\"text\":\"recorded.\"", StringComparison.Ordinal));

        var (_, frames) = Translate(lines);

        Assert.Equal("Done, recorded.", string.Concat(frames.OfType<MessageDelta>().Select(delta => delta.Text)));
    }

    [Fact]
    public void What_a_sub_agent_says_is_not_the_answer_but_its_tool_calls_are_shown()
    {
        var (_, frames) = Translate(
        [
            """{"type":"stream_event","event":{"type":"content_block_delta","delta":{"type":"text_delta","text":"inner"}},"parent_tool_use_id":"toolu_9"}""",
            """{"type":"assistant","message":{"content":[{"type":"text","text":"inner"},{"type":"tool_use","id":"t","name":"Read","input":{}}]},"parent_tool_use_id":"toolu_9"}""",
        ]);

        Assert.Equal("Read", Assert.IsType<ToolCall>(Assert.Single(frames)).Tool);
    }

    [Theory]
    [InlineData("key-401", "model-key")]
    [InlineData("key-403", "model-key")]
    [InlineData("credit-400", "model-credit")]
    [InlineData("credit-402", "model-credit")]
    [InlineData("rate-limit-429", "model-rate-limit")]
    [InlineData("overloaded-529", "model-overloaded")]
    [InlineData("failed-500", "model-failed")]
    [InlineData("unknown-model-404", "unknown-model")]
    [InlineData("context-too-long-400", "context-too-long")]
    [InlineData("no-answer", "model-answer")]
    [InlineData("unreachable", "model-unreachable")]
    public void A_recorded_failure_of_the_model_is_told_as_such_with_its_mend(string recorded, string rule)
    {
        var (translator, frames) = Translate(Recorded(recorded));

        var outcome = translator.Finish(Zero, "");

        Assert.False(outcome.Ok);
        Assert.Equal((rule, Stage.Inference, Party.Provider), (outcome.Failure!.Rule, outcome.Failure.Stage, outcome.Failure.Party));
        Assert.EndsWith(".", outcome.Failure.Hint, StringComparison.Ordinal);
        // The CLI's made-up message is not an answer of the model.
        Assert.Empty(frames.OfType<MessageDelta>());
        Assert.Equal(Recorded(recorded).Count(line => line.Contains("api_retry", StringComparison.Ordinal)), frames.Count(frame => frame is Phase { Name: "model-retrying" }));
    }

    [Fact]
    public void A_session_that_is_not_there_is_a_failure_of_the_runner()
    {
        var failure = Translate(Recorded("no-such-session")).Translator.Finish(Zero, "").Failure!;

        Assert.Equal("runner-error", failure.Rule);
        Assert.Contains("No conversation found with session ID", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"type":"result","subtype":"error_max_turns","is_error":false}""", "runner-max-turns")]
    [InlineData("""{"type":"result","subtype":"success"}""", "runner-error")]
    [InlineData("""{"type":"system","subtype":"init"}""", "runner-no-result")]
    [InlineData("hello", "runner-garbage")]
    [InlineData("", "runner-silent")]
    public void Success_is_believed_only_where_the_result_line_says_so(string line, string rule)
    {
        var outcome = Translate([line]).Translator.Finish(Zero, "");

        Assert.False(outcome.Ok);
        Assert.Equal(rule, outcome.Failure!.Rule);
    }

    [Fact]
    public void Garbage_between_good_lines_is_passed_over()
    {
        var (translator, _) = Translate(Recorded("write-then-answer").SelectMany(line => new[] { "warning: something", "{\"type\":", "[1]", "{}", line }));

        Assert.True(translator.Finish(Zero, "").Ok);
    }

    [Fact]
    public void Long_arguments_and_results_are_cut_and_duplicate_names_dropped()
    {
        var deep = string.Concat(Enumerable.Repeat("{\"a\":", 60)) + "1" + new string('}', 60);
        var (_, frames) = Translate(
        [
            """{"type":"assistant","message":{"content":[{"type":"tool_use","id":"t","name":"Write","input":{"content":"LONG","a":1,"a":2,"deep":DEEP,"bad":"\ud800","esc":"\u001b[31mred\u0000"}}]}}"""
                .Replace("LONG", new string('x', 500_000), StringComparison.Ordinal).Replace("DEEP", deep, StringComparison.Ordinal),
            """{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"t","is_error":true,"content":[{"type":"text","text":"LONG"},{"type":"image"}]}]}}"""
                .Replace("LONG", new string('y', 5000), StringComparison.Ordinal),
        ]);

        var args = Assert.IsType<ToolCall>(frames[0]).Args;
        Assert.InRange(args.GetProperty("content").GetString()!.Length, 1000, 8 * 1024);
        Assert.EndsWith("[cut]", args.GetProperty("content").GetString(), StringComparison.Ordinal);
        Assert.Equal(1, args.GetProperty("a").GetInt32());
        Assert.Equal(("\uFFFD", "red\uFFFD"), (args.GetProperty("bad").GetString(), args.GetProperty("esc").GetString()));
        var result = Assert.IsType<ToolResult>(frames[1]);
        Assert.False(result.Ok);
        Assert.Equal(500, result.Summary.Length);
        Assert.All(frames, AssertThatTheDoorCanReadIt);
    }

    [Fact]
    public void No_bytes_make_it_throw_and_every_frame_can_be_read_by_the_door() =>
        Prop.ForAll(Lines(), lines =>
        {
            var translator = new ClaudeStreamJson("session_id");
            List<UnitEvent> frames = [];
            foreach (var line in lines)
                translator.Line(line, cut: false, frames);
            foreach (var frame in frames)
                AssertThatTheDoorCanReadIt(frame);
            var outcome = translator.Finish(Zero, "");
            Assert.Equal(outcome.Ok, outcome.Failure is null);
        }).QuickCheckThrowOnFailure();

    /// <summary>Real lines, damaged: bytes changed, cut out, doubled, or replaced by noise.</summary>
    private static Arbitrary<byte[][]> Lines()
    {
        byte[][] real = [.. Directory.EnumerateFiles(Repository.Path("tests", "Vexa.Tests", "Worker", "recorded")).SelectMany(File.ReadAllLines).Select(Encoding.UTF8.GetBytes)];
        var noise = ArbMap.Default.GeneratorFor<byte[]>();
        var damaged =
            from line in Gen.Elements(real)
            from at in Gen.Choose(0, line.Length - 1)
            from length in Gen.Choose(0, 20)
            from instead in Gen.OneOf(noise, Gen.Elements("null"u8.ToArray(), "\""u8.ToArray(), "{}"u8.ToArray(), "[1]"u8.ToArray(), "\\ud800"u8.ToArray(), "\0"u8.ToArray()))
            select (byte[])[.. line[..at], .. instead, .. line[Math.Min(line.Length, at + length)..]];
        return Gen.ArrayOf(Gen.OneOf(damaged, Gen.Elements(real), noise)).ToArbitrary();
    }

    private static void AssertThatTheDoorCanReadIt(UnitEvent frame)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(new EventAppend(1, [frame]), VexaJson.Default.EventAppend);
        Assert.InRange(json.Length, 1, 200 * 1024);
        Assert.IsType(frame.GetType(), JsonSerializer.Deserialize(json, VexaJson.Default.EventAppend)!.Events[0]);
    }

    private static string[] Recorded(string name) => File.ReadAllLines(Repository.Path("tests", "Vexa.Tests", "Worker", "recorded", name + ".jsonl"));

    private static (StreamTranslator Translator, List<UnitEvent> Frames) Translate(IEnumerable<string> lines)
    {
        var translator = new ClaudeStreamJson("session_id");
        List<UnitEvent> frames = [];
        foreach (var line in lines)
            translator.Line(Encoding.UTF8.GetBytes(line), cut: false, frames);
        return (translator, frames);
    }
}
