using System.Text.Json;
using Vexa.IntegrationTests.Workspaces;

namespace Vexa.IntegrationTests.Dispatches;

/// <summary>Whoever moves a trunk by a push is on record before it moves.</summary>
public sealed class PushRecordTests : LoneControlFixture
{
    [Fact]
    public async Task A_push_is_on_record_with_the_one_whose_token_it_was()
    {
        var (agent, commit) = await NewCommit();
        var before = TimeProvider.System.GetUtcNow();

        Assert.Contains("ok refs/heads/main", await Control.Push(Home, agent.Base, commit, await agent.Bundle()), StringComparison.Ordinal);

        Assert.Equal(commit, await Control.Workspaces.Tip(Home, Ct));
        var stored = (await Control.Bucket.Get(Assert.Single(await Control.Bucket.List("pushes/", Ct)), Ct))!;
        var push = JsonSerializer.Deserialize(stored.Content.Span, VexaJson.Default.Push)!;
        Assert.Equal((Home, "owner", agent.Base, commit), (push.Workspace, push.Subject.Value, push.From, push.To));
        Assert.InRange(push.At, before.AddSeconds(-1), TimeProvider.System.GetUtcNow());
    }

    [Fact]
    public async Task A_push_that_cannot_be_recorded_moves_nothing()
    {
        var (agent, commit) = await NewCommit();
        Control.BeforePut = key => key.StartsWith("pushes/", StringComparison.Ordinal)
            ? throw new VexaException(Stage.Record, Party.Operator, "bucket-unavailable", "Away.", "Wait.") { Status = 503 }
            : Task.CompletedTask;

        Assert.Equal("bucket-unavailable", (await Assert.ThrowsAsync<VexaException>(async () => await Control.Push(Home, agent.Base, commit, await agent.Bundle()))).Rule);
        Assert.Equal(agent.Base, await Control.Workspaces.Tip(Home, Ct));

        Control.BeforePut = _ => Task.CompletedTask;
        Assert.Contains("ok refs/heads/main", await Control.Push(Home, agent.Base, commit, await agent.Bundle()), StringComparison.Ordinal);
        Assert.Equal($"pushes/{Home}/{commit}", Assert.Single(await Control.Bucket.List("pushes/", Ct)));
    }

    [Fact]
    public async Task A_push_that_is_refused_leaves_no_record()
    {
        var (agent, commit) = await NewCommit(path: @"a\b.md");

        Assert.Contains("ng refs/heads/main", await Control.Push(Home, agent.Base, commit, await agent.Bundle()), StringComparison.Ordinal);

        Assert.Equal(agent.Base, await Control.Workspaces.Tip(Home, Ct));
        Assert.Empty(await Control.Bucket.List("pushes/", Ct));
    }

    // A person's, who claims to be another one.
    private async Task<(Agent Person, string Commit)> NewCommit(string path = "one.md")
    {
        var person = await Agent.Clone(Control.Workspaces, Home, Path.Combine(Folder, "person"), "person");
        person.Write(path, "1\n");
        await person.Git("add", "--all", ".");
        const string bob = "Bob <bob@example.org> 1700000000 +0000";
        person.Write(".git/commit", $"tree {(await person.Git("write-tree")).Trim()}\nparent {person.Base}\nauthor {bob}\ncommitter {bob}\n\nBy hand\n");
        var commit = (await person.Git("hash-object", "-t", "commit", "-w", ".git/commit")).Trim();
        await person.Git("update-ref", "refs/heads/main", commit);
        return (person, commit);
    }
}
