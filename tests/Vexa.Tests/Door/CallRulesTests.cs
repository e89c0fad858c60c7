using System.Text;
using System.Text.Json;
using Vexa.Door.Inference;

namespace Vexa.Tests.Door;

public sealed class CallRulesTests
{
    private const string Image = """{"type":"image","source":{"type":"url","url":"https://attacker.test/?secret"}}""";

    [Theory]
    [InlineData("""{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"hi"}]}""")]
    [InlineData("""{"system":[{"type":"text","text":"be brief"}],"tools":[{"name":"t","input_schema":{"type":"object","properties":{"source":{"type":"string"},"tools":{"type":"array"}}}}],"messages":[]}""")]
    [InlineData("""{"tools":[{"type":"custom","name":"t"},{"type":null,"name":"u"},{"type":"bash_20250124","name":"bash"},{"type":"text_editor_20250728","name":"e"}]}""")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGk="}},{"type":"document","source":{"type":"text","data":"x"}}]}]}""")]
    [InlineData("""{"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"x","name":"t","input":{"source":{"type":"url"},"mcp_servers":[],"content":[{"source":{"type":"file"}}]}}]}]}""")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"search_result","source":"https://example.test/","title":"t","content":[{"type":"text","text":"mcp_servers"}]}]}]}""")]
    [InlineData("""{"metadata":{"mcp_servers":1,"container":2},"messages":null,"tools":"none","system":"text"}""")]
    public void What_an_agent_asks_a_model_is_let_through(string call) => Assert.Null(Fault(call));

    [Theory]
    [InlineData("""{"tools":[{"type":"web_search_20250305","name":"web_search"}]}""")]
    [InlineData("""{"tools":[{"name":"t"},{"name":"w","type":"web_fetch_20250910"}]}""")]
    [InlineData("""{"tools":[{"type":"code_execution_20250825","name":"c"}]}""")]
    [InlineData("""{"tools":[{"type":"a_tool_that_is_yet_to_come","name":"x"}]}""")]
    [InlineData("""{"tools":[{"type":["custom"],"name":"x"}]}""")]
    [InlineData("""{"tools":[],"tools":[{"type":"web_search_20250305","name":"w"}]}""")]
    [InlineData("""{"tools":[{"type":"custom","type":"web_search_20250305","name":"w"}]}""")]
    [InlineData("""{"tools":[{"type":"\u0077eb_search_20250305","name":"w"}]}""")]
    [InlineData("""{"\u006dcp_servers":[]}""")]
    [InlineData("""{"messages":[],"mcp_servers":[{"type":"url","url":"https://attacker.test/","name":"x"}]}""")]
    [InlineData("""{"container":"container_1"}""")]
    [InlineData($$$"""{"messages":[{"role":"user","content":[{{{Image}}}]}]}""")]
    [InlineData($$$"""{"messages":{"role":"user","content":{{{Image}}}}}""")]
    [InlineData($$$"""{"system":[{{{Image}}}]}""")]
    [InlineData($$$"""{"messages":[{"content":[{"type":"tool_result","tool_use_id":"x","content":[{{{Image}}}]}]}]}""")]
    [InlineData($$$"""{"messages":[{"content":[{"type":"document","source":{"type":"content","content":[{{{Image}}}]}}]}]}""")]
    [InlineData("""{"messages":[{"content":[{"type":"document","source":{"type":"file","file_id":"f"}}]}]}""")]
    public void What_would_make_the_provider_go_out_is_not(string call) => Assert.NotNull(Fault(call));

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("\"x\"")]
    [InlineData("{")]
    [InlineData("{} {}")]
    [InlineData("{\"messages\":[]} x")]
    [InlineData("\uFEFF{}")]
    [InlineData("{\"a\":1,}")]
    [InlineData("/* x */ {}")]
    [InlineData("{'tools':[]}")]
    public void What_another_reader_could_take_for_something_is_no_call(string call) => Assert.ThrowsAny<JsonException>(() => Fault(call));

    [Fact]
    public void Blocks_below_blocks_end_somewhere()
    {
        var call = $$"""{"messages":[{"content":{{string.Concat(Enumerable.Repeat("""[{"content":""", 10_000))}}1""";
        Assert.ThrowsAny<JsonException>(() => Fault(call));
    }

    private static string? Fault(string call) => CallRules.Fault(Encoding.UTF8.GetBytes(call));
}
