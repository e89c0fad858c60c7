using System.Text.Json;

namespace Vexa.Tests.Contracts;

public sealed class DefaultsTests
{
    [Fact]
    public void What_the_json_leaves_out_has_its_default_and_is_never_null_or_zero()
    {
        var runner = JsonSerializer.Deserialize("""
            {"name":"echo","image":"agent","argv":["echo"],"turns":"process","stream":"text","session":{"path":"s"},
             "inference":{"dialect":"anthropic","base_url_env":"B","key_env":"K"}}
            """, VexaJson.Default.AgentRunner)!;
        var workload = JsonSerializer.Deserialize("""
            {"spec":{"id":"d1","image":"agent","argv":["x"],"limits":{}},"token":"t"}
            """, VexaJson.Default.WorkloadCreate)!.Spec;

        Assert.Empty(runner.Env);
        Assert.Empty(workload.Env);
        Assert.Empty(workload.Mounts);
        Assert.Empty(workload.Labels);
        Assert.Equal(new WorkloadLimits(), workload.Limits);
        Assert.Equal(2048, workload.Limits.MemoryMb);
    }

    [Theory]
    [InlineData("""{"type":"error","stage":"workspace_commit","party":"vexa","message":"m","hint":"h"}""", Stage.WorkspaceCommit)]
    [InlineData("""{"type":"error","stage":"runner","party":"vexa","message":"m","hint":"h"}""", Stage.Runner)]
    public void An_enum_is_read_and_written_by_its_snake_case_name(string json, Stage stage)
    {
        var error = Assert.IsType<Error>(JsonSerializer.Deserialize(json, VexaJson.Default.UnitEvent));

        Assert.Equal(stage, error.Stage);
        Assert.Contains(json["""{"type":"error",""".Length..^1], JsonSerializer.Serialize(error, VexaJson.Default.UnitEvent), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"Runner\"")]
    [InlineData("\"nothing\"")]
    [InlineData("3")]
    [InlineData("null")]
    public void An_enum_refuses_what_is_not_one_of_its_names(string stage) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(
            $$"""{"type":"error","stage":{{stage}},"party":"vexa","message":"m","hint":"h"}""", VexaJson.Default.UnitEvent));
}
