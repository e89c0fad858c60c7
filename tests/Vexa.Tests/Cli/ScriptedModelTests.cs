using System.Text.RegularExpressions;
using Vexa.Cli.Rehearsal;

namespace Vexa.Tests.Cli;

public sealed partial class ScriptedModelTests
{
    private const string Renewal = "Record that Acme renewed at the Q3 pricing, effective July 1";
    private const string Question = "When does the renewal take effect?";

    [Fact]
    public void The_first_rule_that_matches_answers()
    {
        var model = Model("""
            rules:
              - name: one
                when: { user: hello }
                reply: [{ text: first }]
              - name: two
                reply: [{ text: second }]
            """);

        Assert.Equal(["one", "two"], [model.Answer(Asked("Hello there")).Rule, model.Answer(Asked("Bye")).Rule]);
    }

    [Fact]
    public void Named_groups_become_variables()
    {
        var model = Model("""
            rules:
              - when: { user: 'call (?<who>.+)' }
                reply: [{ text: "${upper:who} ${lower:who} ${slug:who} ${cwd} $${who}" }]
            """);

        Assert.Equal("J. R. & SONS j. r. & sons j-r-sons /w ${who}", Text(model.Answer(Asked("call J. R. & Sons") with { Cwd = "/w" })));
    }

    [Theory]
    [InlineData("../../etc/passwd", "etc-passwd")]
    [InlineData("..", "unnamed")]
    [InlineData("Ürün A/S", "r-n-a-s")]
    public void A_slug_is_never_a_path(string name, string slug)
    {
        var model = Model("""
            rules:
              - when: { user: '(?<who>.*)' }
                reply: [{ text: "${slug:who}" }]
            """);

        Assert.Equal(slug, Text(model.Answer(Asked(name))));
    }

    [Fact]
    public void A_prompt_cannot_move_the_working_folder_by_a_group_of_that_name()
    {
        var model = Model("""
            rules:
              - when: { user: 'in (?<cwd>.*)' }
                reply: [{ text: "${cwd}" }]
            """);

        Assert.Equal("/w", Text(model.Answer(Asked("in /etc") with { Cwd = "/w" })));
    }

    [Fact]
    public void A_limited_rule_is_passed_over_when_it_has_answered_often_enough()
    {
        var model = Model("""
            rules:
              - { name: busy, times: 2, fault: { status: 529 } }
              - { name: fine, reply: [{ text: ok }] }
            """);

        Assert.Equal(["busy", "busy", "fine", "fine"], Enumerable.Range(0, 4).Select(_ => model.Answer(Asked("x")).Rule));
    }

    [Fact]
    public void Where_no_rule_matches_it_says_that_it_is_a_rehearsal_and_what_it_knows()
    {
        var answer = Model("prompts: [Say hello]\nrules: []").Answer(Asked("Make tea"));

        Assert.Contains("rehearsal", Text(answer), StringComparison.Ordinal);
        Assert.Contains("- Say hello", Text(answer), StringComparison.Ordinal);
        Assert.Contains("ANTHROPIC_API_KEY", Text(answer), StringComparison.Ordinal);
        Assert.Equal("end_turn", answer.StopReason);
    }

    [Theory]
    [InlineData(Renewal, "acme", "Acme", "Q3", "July 1")]
    [InlineData("Record that Globex & Sons renewed at Q4, effective October 1, 2027.", "globex-sons", "Globex & Sons", "Q4", "October 1, 2027")]
    [InlineData("record that Umbrella Corp. has renewed at the 2026 list pricing effective from 1 May", "umbrella-corp", "Umbrella Corp.", "2026 list", "1 May")]
    public void The_shipped_script_records_a_renewal_of_any_company(string prompt, string slug, string company, string pricing, string effective)
    {
        var answer = Shipped().Answer(Asked(prompt) with { Cwd = "/workspaces/home" });

        Assert.Equal("tool_use", answer.StopReason);
        Assert.IsType<AnswerText>(answer.Blocks[0]);
        var write = Assert.IsType<ToolUse>(answer.Blocks[1]);
        Assert.Equal("Write", write.Tool);
        Assert.Equal($"/workspaces/home/customers/{slug}.md", (string?)write.Input["file_path"]);
        var content = (string)write.Input["content"]!;
        Assert.StartsWith($"---\ntype: customer\nname: {company}\nstatus: renewed\npricing: {pricing}\neffective: {effective}\n", content, StringComparison.Ordinal);
    }

    [Fact]
    public void The_shipped_script_records_a_signature_too()
    {
        const string prompt = "Record that Globex signed at the Q4 pricing, effective October 1";
        var write = Assert.IsType<ToolUse>(Shipped().Answer(Asked(prompt)).Blocks[1]);

        Assert.Contains("\nstatus: signed\npricing: Q4\neffective: October 1\n", (string)write.Input["content"]!, StringComparison.Ordinal);
        Assert.Equal("What Globex signed takes effect on October 1.", Text(Shipped().Answer(Asked(Question) with { Turn = 2, History = $"{prompt}\nok" })));
    }

    public static TheoryData<string> Proposed =>
    [
        .. ((string[])["README.md", "src/Vexa.Cli/Demo/DemoCommand.cs"])
            .SelectMany(file => Command().Matches(File.ReadAllText(Repository.Path(file)).Replace("\\\"", "\"", StringComparison.Ordinal)))
            .Select(match => match.Groups[1].Value).Distinct(),
    ];

    [Theory]
    [MemberData(nameof(Proposed))]
    public void The_shipped_script_has_an_answer_to_every_prompt_that_we_propose(string prompt) => Assert.NotEqual("(none)", Shipped().Answer(Asked(prompt)).Rule);

    [Fact]
    public void Prompts_are_proposed_in_the_README_and_in_the_demo() => Assert.NotEmpty(Proposed);

    [Fact]
    public void The_shipped_script_closes_with_a_sentence_after_the_tool_result() =>
        Assert.Equal("Recorded in customers/acme.md: Acme renewed at the Q3 pricing, effective July 1.",
            Text(Shipped().Answer(Asked(Renewal) with { ToolResults = 1, LastToolResult = "File created" })));

    [Fact]
    public void The_shipped_script_reads_a_file_that_it_may_not_overwrite_and_then_edits_it()
    {
        var refused = Asked(Renewal) with { ToolResults = 1, LastToolResult = "<tool_use_error>File has not been read yet. Read it first before writing to it.</tool_use_error>" };

        Assert.Equal("Read", Assert.IsType<ToolUse>(Assert.Single(Shipped().Answer(refused).Blocks)).Tool);
        Assert.Equal("Edit", Assert.IsType<ToolUse>(Assert.Single(Shipped().Answer(refused with { ToolResults = 2, LastToolResult = "1 # Acme" }).Blocks)).Tool);
    }

    [Fact]
    public void A_follow_up_is_answered_from_the_session_only()
    {
        var resumed = Asked(Question) with { Turn = 2, History = $"{Renewal}\nI'll record it.\nRecorded." };

        Assert.Equal("Acme's renewal takes effect on July 1.", Text(Shipped().Answer(resumed)));
        Assert.Equal("I have no record of that in this session.", Text(Shipped().Answer(Asked(Question))));
    }

    [Fact]
    public void A_follow_up_is_about_the_last_renewal_of_the_session() =>
        Assert.Equal("Globex's renewal takes effect on May 2.",
            Text(Shipped().Answer(Asked(Question) with { History = $"{Renewal}\nok\nRecord that Globex renewed at the Q4 pricing, effective May 2\nok" })));

    internal static Conversation Asked(string prompt) => new()
    {
        Model = "m",
        Stream = true,
        User = prompt,
        Turn = 1,
        ToolResults = 0,
        LastToolResult = "",
        History = "",
        Cwd = "/workspaces/home",
        Bytes = 400,
    };

    internal static ScriptedModel Model(string yaml) => new(ScriptFile.Parse(yaml, "test.yaml"), TimeProvider.System);

    private static ScriptedModel Shipped() => new(ScriptFile.Load(RehearsalCommand.DefaultScript), TimeProvider.System);

    [GeneratedRegex("ask (?:-\\S+ \\S+ )*\"([^\"\\n]+)\"")]
    private static partial Regex Command();

    private static string Text(Answer answer) => string.Concat(answer.Blocks.OfType<AnswerText>().Select(block => block.Text));
}
