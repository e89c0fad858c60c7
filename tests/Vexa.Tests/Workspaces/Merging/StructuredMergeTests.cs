using System.Diagnostics;
using System.Text;
using Vexa.Workspaces;

namespace Vexa.Tests.Workspaces.Merging;

public sealed class StructuredMergeTests
{
    [Fact]
    public void Two_keys_of_a_front_matter_are_two_places() => Assert.Equal(
        "---\ntitle: New # as asked\nstatus: done\n---\n# T\n",
        Merge("---\ntitle: Old # as asked\nstatus: open\n---\n# T\n", "---\ntitle: New # as asked\nstatus: open\n---\n# T\n", "---\ntitle: Old # as asked\nstatus: done\n---\n# T\n"));

    [Fact]
    public void Keys_that_both_add_are_both_there_with_their_comments() => Assert.Equal(
        "---\ntitle: T\n# by one\ntags:\n  - a\n# by two\ndue: friday\n# the end\n---\n",
        Merge("---\ntitle: T\n# the end\n---\n", "---\ntitle: T\n# by one\ntags:\n  - a\n# the end\n---\n", "---\ntitle: T\n# by two\ndue: friday\n# the end\n---\n"));

    [Theory]
    [InlineData("---\na: 1\n---\n", "---\na: 2\n---\n", "---\na: 3\n---\n")]
    [InlineData("---\na: 1\n---\n", "---\na: 2\n---\n", "---\nb: 1\n---\n")]
    [InlineData("---\na: 1\n---\n", "---\na: 1\na: 2\n---\n", "---\na: 1\nb: 2\n---\n")]
    [InlineData("---\na: 1\n---\n", "---\na: 1\n<<: *x\n---\n", "---\na: 1\nb: 2\n---\n")]
    [InlineData("---\na: 1\n---\n", "text\n", "---\na: 2\n---\n")]
    public void The_same_key_twice_or_what_is_no_plain_key_is_a_conflict(string based, string ours, string theirs) => Assert.Null(Merge(based, ours, theirs));

    [Fact]
    public void Two_sections_that_were_added_at_the_same_place_are_both_there() => Assert.Equal(
        "# T\n\n## One\n1\n\n## Two\n2\n",
        Merge("# T\n", "# T\n\n## One\n1\n", "# T\n\n## Two\n2\n"));

    [Fact]
    public void A_heading_with_very_many_spaces_in_it_takes_no_time()
    {
        var started = Stopwatch.StartNew();
        foreach (var space in " \t#")
            Assert.NotNull(Merge("# T\n", $"# T\n\n# a {new string(space, 200_000)} b\n", "# T\n\n# c\n"));

        // By a rule that tries each space anew it is minutes.
        Assert.True(started.Elapsed < TimeSpan.FromSeconds(30), $"{started.Elapsed}");
    }

    [Theory]
    [InlineData("# a", 1, "a")]
    [InlineData("   ### a b ##", 3, "a b")]
    [InlineData("#\ta\t#\t", 1, "a")]
    [InlineData("# a#", 1, "a#")]
    [InlineData("# a # b", 1, "a # b")]
    [InlineData("## #", 2, "")]
    [InlineData("###### ", 6, "")]
    [InlineData("#", 1, "")]
    [InlineData("#a", 0, "")]
    [InlineData("####### a", 0, "")]
    [InlineData("    # a", 0, "")]
    public void A_heading_is_what_stands_between_its_marks(string line, int level, string title)
    {
        var section = Section.Parse([line + "\n"]).All.Last();
        Assert.Equal((level, title), (section.Level, section.Title));
    }

    [Fact]
    public void A_part_goes_where_its_section_is() => Assert.Equal(
        "# T\n\n## A\n\n### A1\nx\n\n### A2\ny\n\n## B\nz\n",
        Merge("# T\n\n## A\n\n### A1\nx\n", "# T\n\n## A\n\n### A1\nx\n\n## B\nz\n", "# T\n\n## A\n\n### A1\nx\n\n### A2\ny\n"));

    [Fact]
    public void Neighbouring_sections_that_two_people_edit_are_two_places() => Assert.Equal(
        "# A\nONE\n# B\nTWO\n", Merge("# A\none\n# B\ntwo\n", "# A\nONE\n# B\ntwo\n", "# A\none\n# B\nTWO\n"));

    [Fact]
    public void A_section_that_one_removed_goes_and_one_that_the_other_changed_is_a_conflict()
    {
        Assert.Equal("# A\nA\n", Merge("# A\na\n# B\nb\n", "# A\na\n", "# A\nA\n# B\nb\n"));
        Assert.Null(Merge("# A\na\n# B\nb\n", "# A\na\n", "# A\na\n# B\nB\n"));
    }

    [Fact]
    public void A_section_that_moved_takes_along_what_was_written_in_it() => Assert.Equal(
        "# B\nb\n# A\nA\n", Merge("# A\na\n# B\nb\n", "# B\nb\n# A\na\n", "# A\nA\n# B\nb\n"));

    [Theory]
    [InlineData("# A\na\n# A\nb\n", "# A\n1\n# A\nb\n", "# A\na\n# A\n2\n")]
    [InlineData("# A\none\n", "# A\nONE\n", "# A\nTWO\n")]
    [InlineData("# Home\n\ntext\n", "# One\n", "# Two\n")]
    [InlineData("# A\n## X\nx\n", "# A\n## Y\nx\n", "# A\n")]
    [InlineData("# A\none\n", "# A\nmine\n", "# A\n")]
    [InlineData("# A\na\n", "# A\nA\n```\n", "# A\na\n# B\n```\nx\n")]
    public void What_is_not_plainly_two_places_is_a_conflict(string based, string ours, string theirs) => Assert.Null(Merge(based, ours, theirs));

    [Fact]
    public void A_line_that_looks_like_a_heading_inside_of_code_is_none()
    {
        var root = Section.Parse(Lines.Split("# A\n```sh\n# not this\n~~~\n```\n~~~~\n## nor this\n~~~~\n<!--\n# nor this\n-->\n    # nor this\nTitle\nof two lines\n---\nx\n## C ##\n"));
        Assert.Equal(["0 ", "1 A", "2 Title\nof two lines", "2 C"], root.All.Select(section => section.Name));
    }

    [Fact]
    public void An_index_is_a_set_of_lines()
    {
        const string Base = "# Index\n\n- [a](a.md)\n- [b](b.md)\n- [c](c.md)\n";
        Assert.Equal("# Index\n\n- [a](a.md)\n- [c](c.md)\n- [mine](m.md)\n- [yours](y.md)\n- [both](x.md)\n", Merge(
            Base, "# Index\n\n- [a](a.md)\n- [b](b.md)\n- [c](c.md)\n- [mine](m.md)\n- [both](x.md)\n", "# Index\n\n- [a](a.md)\n- [c](c.md)\n- [yours](y.md)\n- [both](x.md)\n", "docs/index.md"));
        Assert.Equal("# Index\n\n- [b](b.md) better\n- [c](c.md)\n", Merge(
            Base, "# Index\n\n- [b](b.md)\n- [c](c.md)\n", "# Index\n\n- [a](a.md)\n- [b](b.md) better\n- [c](c.md)\n", "index.md"));
    }

    [Theory]
    [InlineData("- a\n- b\n", "- a\n", "- a\n- b, better\n")]
    [InlineData("- a\n- b\n", "- a\n- b, mine\n", "- a\n- b, yours\n")]
    [InlineData("- a\n", "- a\n  - one\n", "- a\n- two\n")]
    [InlineData("- a\n", "- a\n1. one\n", "- a\n2. two\n")]
    [InlineData("text\n", "mine\n", "yours\n")]
    public void Work_on_the_very_same_line_of_an_index_is_a_conflict(string based, string ours, string theirs) => Assert.Null(Merge(based, ours, theirs, "index.md"));

    [Fact]
    public void An_index_that_both_began_has_the_lines_of_both()
    {
        Assert.Equal("# Index\n\n- a\n- b\n", Merge(null, "# Index\n\n- a\n", "# Index\n\n- b\n", "index.md"));
        Assert.Null(Merge(null, "# Notes\n\n- a\n", "# Notes\n\n- b\n", "notes.md"));
    }

    [Fact]
    public void A_text_that_ends_in_the_middle_of_a_line_keeps_its_lines_apart() => Assert.Equal(
        "# A\na\n\n# B\nb\n\n# C\nc", Merge("# A\na", "# A\na\n\n# B\nb", "# A\na\n\n# C\nc"));

    [Theory]
    [InlineData("# A\r\na\n", "# A\r\nA\n", "# A\r\na\n# B\n")]
    [InlineData("# A\na\n", "# A\r\nA\r\n", "# A\na\n# B\n")]
    [InlineData("\ufeff# A\na\n", "\ufeff# A\nA\n", "\ufeff# A\na\n# B\n")]
    [InlineData("# A\na\n", "# A\na\0\n", "# A\na\n# B\n")]
    [InlineData("# A\na\n", "# A\n<<<<<<< x\n", "# A\na\n# B\n")]
    public void Bytes_that_are_no_plain_text_are_a_conflict(string based, string ours, string theirs) => Assert.Null(Merge(based, ours, theirs));

    [Fact]
    public void Line_ends_of_another_system_are_kept() => Assert.Equal("# A\r\nA\r\n\r\n# B\r\n", Merge("# A\r\na\r\n", "# A\r\nA\r\n", "# A\r\na\r\n\r\n# B\r\n"));

    [Fact]
    public void What_is_not_UTF_8_or_too_large_or_of_another_kind_is_a_conflict()
    {
        Assert.Null(StructuredMerge.Merge("a.md", "# A\n"u8.ToArray(), new byte[] { (byte)'#', 0xff }, "# A\n# B\n"u8.ToArray()));
        var large = Encoding.UTF8.GetBytes(new string('x', StructuredMerge.LargestText + 1));
        Assert.Null(StructuredMerge.Merge("a.md", large, large, large));
        Assert.Null(Merge("# A\na\n# B\nb\n", "# A\n1\n# B\nb\n", "# A\na\n# B\n2\n", "a.txt"));
    }

    private static string? Merge(string? based, string ours, string theirs, string path = "notes.md") =>
        StructuredMerge.Merge(path, based is null ? null : Encoding.UTF8.GetBytes(based), Encoding.UTF8.GetBytes(ours), Encoding.UTF8.GetBytes(theirs)) is { } merged
            ? Encoding.UTF8.GetString(merged)
            : null;
}
