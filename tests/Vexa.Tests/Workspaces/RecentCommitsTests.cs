using System.Globalization;
using Vexa.Workspaces;

namespace Vexa.Tests.Workspaces;

public sealed class RecentCommitsTests
{
    private static readonly WorkspaceId Notes = Id.Parse<WorkspaceId>("notes");
    private static readonly DispatchId One = Id.Parse<DispatchId>("one"), Other = Id.Parse<DispatchId>("other");

    [Fact]
    public void The_trunk_is_everybodys_and_a_proposal_is_its_dispatchs()
    {
        var recent = new RecentCommits();
        recent.Add(Notes, "trunk", proposedBy: null);
        recent.Add(Notes, "proposal", One);

        Assert.True(recent.Has(Notes, "trunk", Other));
        Assert.True(recent.Has(Notes, "proposal", One));
        Assert.False(recent.Has(Notes, "proposal", Other));
        Assert.False(recent.Has(Id.Parse<WorkspaceId>("elsewhere"), "trunk", One));
    }

    [Fact]
    public void It_does_not_grow_for_ever()
    {
        var recent = new RecentCommits();
        for (var i = 0; i < 10_000; i++)
            recent.Add(Notes, i.ToString(CultureInfo.InvariantCulture), proposedBy: null);

        Assert.False(recent.Has(Notes, "0", One));
        Assert.True(recent.Has(Notes, "9999", One));
    }
}
