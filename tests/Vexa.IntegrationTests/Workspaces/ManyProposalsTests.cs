using Vexa.Workspaces;

namespace Vexa.IntegrationTests.Workspaces;

/// <summary>A workspace beside whose trunk more work lies than fits into any small number.</summary>
public sealed class ManyProposalsTests : WorkspaceFixture
{
    private const int Proposals = 70;

    [Fact]
    public async Task What_a_person_pushes_lands_and_whoever_never_saw_the_workspace_opens_it()
    {
        var agent = await NewAgent();
        agent.Write("a/one.md", "on the trunk\n");
        await agent.Commit("t0");
        await agent.Send(Store, Notes, "t0");
        for (var turn = 1; turn <= Proposals; turn++)
        {
            // Each time as if it knew of nothing.
            await agent.Git("reset", "-q", "--hard", agent.Base);
            agent.Write("a/one.md", $"{turn}\n");
            await agent.Commit($"t{turn}");
            Assert.NotNull((await agent.Send(Store, Notes, $"t{turn}")).ProposalRef);
        }

        var person = await NewAgent();
        person.Write("pushed.md", "pushed\n");
        await person.GitOfPerson("add", "--all", ".");
        await person.GitOfPerson("commit", "-q", "-m", "Pushed");
        var pushed = await person.Push(Store, Notes);

        var fresh = NewStore("other-machine");
        Assert.Equal(Proposals + 1, (await fresh.Refs(Notes, Stop)).Count);
        Assert.Equal("pushed\n", await Read("pushed.md", store: fresh));
        Assert.Equal("35\n", await Read("a/one.md", (await fresh.Refs(Notes, Stop)).Single(r => r.Key.EndsWith(".35", StringComparison.Ordinal)).Value, fresh));
        await (await NewAgent(store: fresh)).Git("cat-file", "-e", pushed.Sha);
        // And its work goes on: an undo, a note, everything as one bundle.
        await fresh.Undo(Notes, [pushed.Sha], Agent.Subject, Stop);
        await fresh.AddNote(Notes, pushed.Sha, _ => "noted\n", Stop);
        await fresh.Export(Notes, Stream.Null, Stop);
        await Refused("unknown-path", () => Read("pushed.md", store: NewStore("third")));
    }
}
