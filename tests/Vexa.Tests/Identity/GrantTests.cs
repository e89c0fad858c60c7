using Vexa.Identity;

namespace Vexa.Tests.Identity;

public sealed class GrantTests
{
    [Fact]
    public void A_persons_own_message_keeps_the_modes_asked_for()
    {
        var grant = Grant.Of(Sample.Dispatch());

        Assert.False(grant.ProposeOnly);
        Assert.Equal([AccessMode.Rw, AccessMode.Ro], grant.Workspaces.Select(w => w.Mode));
    }

    [Theory]
    [InlineData(Trigger.Event)]
    [InlineData(Trigger.Scheduled)]
    [InlineData(Trigger.Transcription)]
    public void Any_other_trigger_lowers_every_workspace_to_ro(Trigger trigger)
    {
        var grant = Grant.Of(Sample.Dispatch() with { Origin = new DispatchOrigin { Trigger = trigger } });

        Assert.True(grant.ProposeOnly);
        Assert.All(grant.Workspaces, w => Assert.Equal(AccessMode.Ro, w.Mode));
    }
}
