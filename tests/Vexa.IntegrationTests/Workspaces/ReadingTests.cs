using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Vexa.Tests;
using Vexa.Workspaces;

namespace Vexa.IntegrationTests.Workspaces;

public sealed class ReadingTests : WorkspaceFixture
{
    [Fact]
    public async Task A_workspace_is_made_once_and_its_name_tells_it()
    {
        Assert.Equal([Notes], await Store.List(Stop));
        Assert.True(await Store.Exists(Notes, Stop));
        Assert.Equal(409, (await Refused("workspace-exists", () => Store.Create(Notes, new Dictionary<string, string>(), Agent.Subject, Stop))).Status);
        var unknown = await Refused("unknown-workspace", () => Store.Tip(Id.Parse<WorkspaceId>("nothing"), Stop));
        Assert.Equal(404, unknown.Status);
        Assert.Contains("notes", unknown.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_workspace_is_handed_out_over_a_slow_line_too()
    {
        await Store.Create(Id.Parse<WorkspaceId>("large"), new Dictionary<string, string> { ["a.txt"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(1_000_000)) }, Agent.Subject, Stop);
        var large = Id.Parse<WorkspaceId>("large");
        var clock = new FakeTime();
        await using var store = new WorkspaceStore(Sealed, new WorkspaceOptions { CacheFolder = CacheFolder("slow") }, clock, NullLogger<WorkspaceStore>.Instance);
        using MemoryStream exported = new(), opened = new();

        await store.Export(large, new SlowLine(exported, clock), Stop);
        await store.OpenBundle(large, await Store.Tip(large, Stop), new SlowLine(opened, clock), Stop);
        Assert.True(exported.Length > 700_000);
        Assert.True(opened.Length > 700_000);
    }

    [Fact]
    public async Task A_workspace_without_files_can_be_worked_in()
    {
        var empty = Id.Parse<WorkspaceId>("empty");
        await Store.Create(empty, new Dictionary<string, string>(), Agent.Subject, Stop);
        Assert.Empty((await Store.Tree(empty, null, null, Stop)).Entries);

        var agent = await Agent.Clone(Store, empty, Path.Combine(Folder, "agent-empty"), "d1");
        agent.Write("first.md", "1\n");
        var sha = await agent.Commit("t1");
        Assert.Equal(sha, (await agent.Send(Store, empty, "t1")).Sha);
    }

    [Theory]
    [InlineData("../escape")]
    [InlineData("/absolute")]
    [InlineData(".git/hooks/post-commit")]
    [InlineData("a\nM 160000 x")]
    [InlineData("b")]
    [InlineData("B/d")]
    public async Task Files_of_the_first_commit_have_the_same_rules(string path)
    {
        var id = Id.Parse<WorkspaceId>("bad");
        await Refused("bad-path", () => Store.Create(id, new Dictionary<string, string> { [path] = "x", ["b/c"] = "y" }, Agent.Subject, Stop));
        Assert.False(await Store.Exists(id, Stop));
    }

    [Fact]
    public async Task Names_and_texts_survive_as_they_are()
    {
        var id = Id.Parse<WorkspaceId>("odd");
        var files = new Dictionary<string, string> { ["Grüße \"quoted\".md"] = "ä\r\n\0\n", ["-rf"] = "", ["HEAD"] = "data 3\n", ["a b/ c"] = "x" };
        await Store.Create(id, files, Agent.Subject, Stop);

        foreach (var (path, text) in files)
            Assert.Equal(text, System.Text.Encoding.UTF8.GetString((await Store.File(id, path, null, Stop)).Span));
    }

    [Fact]
    public async Task A_folder_is_listed_with_kinds_and_sizes()
    {
        var root = await Store.Tree(Notes, null, null, Stop);
        Assert.Equal(
            [new WorkspaceEntry { Name = "README.md", Path = "README.md", Kind = EntryKind.File, Bytes = 8 }, new WorkspaceEntry { Name = "a", Path = "a", Kind = EntryKind.Folder }],
            root.Entries);
        Assert.Equal("a/one.md", (await Store.Tree(Notes, "a/", root.Commit[..10], Stop)).Entries.Single().Path);
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("--help")]
    [InlineData(":(glob)**")]
    [InlineData("nothing/here")]
    [InlineData("a")]
    public async Task A_path_is_only_ever_a_path(string path)
    {
        var failure = await Assert.ThrowsAsync<VexaException>(() => Store.File(Notes, path, null, Stop));
        Assert.Contains(failure.Rule, new[] { "bad-path", "unknown-path" });
    }

    [Theory]
    [InlineData("--output=/tmp/owned")]
    [InlineData("HEAD")]
    [InlineData("main@{1}")]
    [InlineData("1111111111111111111111111111111111111111")]
    [InlineData("")]
    public async Task A_commit_is_only_ever_a_hash(string commit)
    {
        await Refused("unknown-commit", () => Store.Tree(Notes, null, commit, Stop));
        await Refused("unknown-commit", () => Store.File(Notes, "README.md", commit, Stop));
        await Refused("unknown-commit", () => Store.Diff(Notes, null, commit, Stop));
        await Refused("unknown-commit", async () => await Store.Diff(Notes, commit, await Store.Tip(Notes, Stop), Stop));
        using var output = new MemoryStream();
        await Refused("unknown-commit", () => Store.OpenBundle(Notes, commit, output, Stop));
        Assert.Equal(0, output.Length);
    }

    [Fact]
    public async Task A_diff_tells_what_a_commit_did_and_what_lies_between_two()
    {
        var agent = await NewAgent();
        var start = agent.Base;
        agent.Write("a/one.md", "one\n2\nthree\n");
        await agent.Commit("t1");
        await agent.Send(Store, Notes, "t1");
        await agent.Advance();
        agent.Write("b.md", "b\n");
        var tip = await agent.Commit("t2");
        await agent.Send(Store, Notes, "t2");

        Assert.Contains("-two\n+2\n", await Store.Diff(Notes, start, tip, Stop), StringComparison.Ordinal);
        var last = await Store.Diff(Notes, null, tip, Stop);
        Assert.StartsWith("diff --git a/b.md b/b.md", last, StringComparison.Ordinal);
        Assert.DoesNotContain("one.md", last, StringComparison.Ordinal);
        Assert.Contains("+# Notes", await Store.Diff(Notes, null, start, Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_too_long_is_cut_or_refused()
    {
        var small = NewStore("small", change: o => o with { LargestRead = 5, LargestDiff = 20 });
        Assert.Equal(413, (await Refused("file-too-large", () => small.File(Notes, "README.md", null, Stop))).Status);
        Assert.Contains("cut off", await small.Diff(Notes, null, await small.Tip(Notes, Stop), Stop), StringComparison.Ordinal);
    }

    /// <summary>Takes five minutes for the first of it.</summary>
    private sealed class SlowLine(Stream inner, FakeTime clock) : Stream
    {
        private bool _isBegun;

        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            // What is so short is the head, and git comes only then.
            if (!_isBegun && buffer.Length > 1000)
            {
                _isBegun = true;
                clock.Advance(TimeSpan.FromMinutes(5));
            }

            await inner.WriteAsync(buffer, cancellationToken);
        }

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override void Flush() => throw new NotSupportedException();
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
