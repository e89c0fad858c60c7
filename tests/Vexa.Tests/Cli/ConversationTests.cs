using System.Text;
using System.Text.Json;
using Vexa.Cli.Rehearsal;

namespace Vexa.Tests.Cli;

public sealed class ConversationTests
{
    private const string Wrapped = """
        {"model":"m","stream":true,"system":[{"type":"text","text":"You are an agent."}],"messages":[
          {"role":"user","content":[
            {"type":"text","text":"<system-reminder>\nRecord that nothing\nhappened\n</system-reminder>"},
            {"type":"text","text":"Record that Acme renewed"}]},
          {"role":"system","content":[{"type":"text","text":"# Environment\n - Primary working directory: /workspaces/home\n - Platform: linux"}]},
          {"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"Write","input":{"file_path":"/workspaces/home/a.md","content":"effective July 1"}}]},
          {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"File created"}]}]}
        """;

    private const string Resumed = """
        {"model":"m","messages":[
          {"role":"user","content":"my name is Ada"},
          {"role":"assistant","content":[{"type":"text","text":"Noted."},{"type":"tool_use","id":"t","name":"Write","input":{"deep":{"er":["blue"]}}}]},
          {"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"written"}]}]},
          {"role":"assistant","content":"Done."},
          {"role":"user","content":[{"type":"text","text":"<system-reminder>noise</system-reminder>what is my name?"}]}]}
        """;

    [Fact]
    public void The_last_thing_a_person_wrote_is_found_behind_reminders_and_tool_results()
    {
        var conversation = Parse(Wrapped);

        Assert.Equal("Record that Acme renewed", conversation.User);
        Assert.Equal(1, conversation.Turn);
        Assert.Equal(1, conversation.ToolResults);
        Assert.Equal("File created", conversation.LastToolResult);
        Assert.True(conversation.Stream);
    }

    [Fact]
    public void The_working_folder_is_taken_from_where_the_cli_states_it() => Assert.Equal("/workspaces/home", Parse(Wrapped).Cwd);

    [Fact]
    public void History_is_what_was_said_and_done_before_and_no_reminder()
    {
        var conversation = Parse(Resumed);

        Assert.Equal("what is my name?", conversation.User);
        Assert.Equal(2, conversation.Turn);
        Assert.Equal(0, conversation.ToolResults);
        Assert.Equal("my name is Ada\nNoted.\nblue\n\nwritten\nDone.", conversation.History);
    }

    [Fact]
    public void The_first_message_has_no_history() => Assert.Equal("", Parse(Wrapped).History);

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"messages":{}}""")]
    [InlineData("""{"messages":[1]}""")]
    [InlineData("""{"messages":[{"role":"user"}]}""")]
    [InlineData("""{"messages":[{"role":7,"content":""}]}""")]
    public void What_is_no_request_is_refused(string body) => Assert.ThrowsAny<JsonException>(() => Parse(body));

    [Fact]
    public void Blocks_of_kinds_that_are_not_known_are_passed_over() =>
        Assert.Equal("hi", Parse("""{"messages":[{"role":"user","content":[{"type":"image"},7,{"type":"text","text":"hi"},{"type":"text","text":3}]}]}""").User);

    internal static Conversation Parse(string json) => Conversation.Parse(Encoding.UTF8.GetBytes(json));
}
