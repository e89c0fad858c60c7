using Vexa.Door.Listeners;

namespace Vexa.Tests.Door;

public sealed class AttestationTests
{
    [Theory]
    [InlineData(true, "12:pids:/vexa/vexa-agent-d-1")]
    [InlineData(true, "0::/vexa/vexa-agent-d-1")]
    [InlineData(true, "0::/", "12:pids:/vexa/vexa-agent-d-1", "11:memory:/vexa/vexa-agent-d-1/inner")]
    [InlineData(false, "0::/vexa/vexa-agent-d-10")]
    [InlineData(false, "0::/vexa/xvexa-agent-d-1")]
    [InlineData(false, "0::/user.slice")]
    [InlineData(false, "0::/vexa/vexa-agent-d-1", "3:cpu:/vexa/vexa-agent-d-2")]
    [InlineData(false, "0::/vexa/vexa-agent-d-2/vexa-agent-d-1")]
    [InlineData(false)]
    [InlineData(false, "garbage")]
    public void A_peer_is_of_a_container_where_the_cgroups_name_it_and_no_other(bool expected, params string[] lines) =>
        Assert.Equal(expected, Attestation.CgroupNames(lines, "vexa-agent-d-1"));
}
