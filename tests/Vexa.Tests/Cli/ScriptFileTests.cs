using Vexa.Cli.Rehearsal;

namespace Vexa.Tests.Cli;

public sealed class ScriptFileTests
{
    [Theory]
    [InlineData("rules:\n  - reply: [{text: hi}]\n    colour: blue", "colour", 3)]
    [InlineData("rules:\n  - when: {user: a, moon: full}\n    reply: [{text: hi}]", "moon", 2)]
    [InlineData("rules:\n  - reply:\n      - text: hi\n      - tool: Write\n        input: {}\n        output: {}", "output", 6)]
    [InlineData("rules:\n  - fault: {status: 429, when: later}", "when", 2)]
    [InlineData("rules: []\nrulez: []", "rulez", 2)]
    public void An_unknown_key_is_refused_with_its_line(string yaml, string key, int line)
    {
        var failure = Refused(yaml);

        Assert.StartsWith($"test.yaml:{line}: ", failure.Message, StringComparison.Ordinal);
        Assert.Contains($"'{key}'", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rules:\n  - when: {user: 'a'}", "needs a reply")]
    [InlineData("rules:\n  - reply: [{text: a}]\n    fault: hang", "not both")]
    [InlineData("rules:\n  - fault: close_mid_stream", "needs a reply")]
    [InlineData("rules:\n  - fault: explode", "no fault 'explode'")]
    [InlineData("rules:\n  - fault: {status: 200}", "from 400 to 599")]
    [InlineData("rules:\n  - delay_ms: -1\n    reply: [{text: a}]", "whole number")]
    [InlineData("rules:\n  - when: {turn: 0}\n    reply: [{text: a}]", "from 1 to")]
    [InlineData("rules:\n  - when: {user: '('}\n    reply: [{text: a}]", "not possible here")]
    [InlineData("rules:\n  - when: {user: '(?=ahead)'}\n    reply: [{text: a}]", "not possible here")]
    [InlineData("rules:\n  - reply: [{text: '${who}'}]", "'${who}' is not known")]
    [InlineData("rules:\n  - reply: [{text: '${shout:cwd}'}]", "no filter 'shout'")]
    [InlineData("rules:\n  - reply: [{text: '${cwd'}]", "without its '}'")]
    [InlineData("rules:\n  - reply: [{tool: Write, input: [1]}]", "is a map")]
    [InlineData("rules:\n  - reply: [{tool: Write}]", "needs 'input'")]
    [InlineData("rules: 7", "must be a list")]
    [InlineData("- a", "must be a map")]
    [InlineData("rules: []\nrules: []", "test.yaml:2")]
    [InlineData("a: [", "test.yaml:")]
    [InlineData("", "one document")]
    public void What_is_no_script_is_refused_with_the_reason(string yaml, string reason) =>
        Assert.Contains(reason, Refused(yaml).Message, StringComparison.Ordinal);

    [Fact]
    public void A_missing_file_is_named()
    {
        var failure = Assert.Throws<VexaException>(() => ScriptFile.Load("/nowhere/at-all.yaml"));

        Assert.Equal("rehearsal-script", failure.Rule);
        Assert.Contains("/nowhere/at-all.yaml", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tool_input_keeps_its_types()
    {
        var script = ScriptFile.Parse("""
            rules:
              - reply:
                  - tool: T
                    input: { text: plain, quoted: "7", number: 7, yes: true, none: null, list: [1, "${cwd}"], map: { a: b } }
            """, "test.yaml");

        var input = Assert.IsType<ToolReply>(Assert.Single(script.Rules[0].Reply)).Input.Render(new Dictionary<string, string> { ["cwd"] = "/w" });

        Assert.Equal("""{"text":"plain","quoted":"7","number":7,"yes":true,"none":null,"list":[1,"/w"],"map":{"a":"b"}}""", input!.ToJsonString());
    }

    [Fact]
    public void The_shipped_script_is_valid_and_answers_every_prompt_that_it_names()
    {
        var script = ScriptFile.Load(RehearsalCommand.DefaultScript);
        var model = new ScriptedModel(script, TimeProvider.System);

        Assert.NotEmpty(script.Prompts);
        Assert.All(script.Prompts, prompt => Assert.NotEqual("(none)", model.Answer(ScriptedModelTests.Asked(prompt)).Rule));
    }

    private static VexaException Refused(string yaml)
    {
        var failure = Assert.Throws<VexaException>(() => ScriptFile.Parse(yaml, "test.yaml"));
        Assert.Equal("rehearsal-script", failure.Rule);
        return failure;
    }
}
