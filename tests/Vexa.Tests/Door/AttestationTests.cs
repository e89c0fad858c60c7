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
    [InlineData(true, @"0::/vexa.slice/vexa-agent\x2dd\x2d1.slice/docker-0123456789abcdef.scope")]
    [InlineData(true, "0::/", @"12:pids:/vexa.slice/vexa-agent\x2dd\x2d1.slice/docker-0123456789abcdef.scope")]
    [InlineData(true, "12:pids:/vexa/vexa-agent-d-1/0123456789abcdef", "1:name=systemd:/vexa/vexa-agent-d-1/0123456789abcdef")]
    [InlineData(false, "0::/vexa.slice/vexa-agent-d-1.slice/docker-0123456789abcdef.scope")]
    [InlineData(false, @"0::/vexa.slice/vexa-agent\x2dd-1.slice")]
    [InlineData(false, @"0::/vexa.slice/vexa-agent\x2dd\x2D1.slice")]
    [InlineData(false, @"0::/vexa.slice/vexa-agent\x2dd\x2d10.slice")]
    [InlineData(false, @"0::/vexa.slice/vexa-agent\x2dd\x2d1")]
    [InlineData(false, @"0::/vexa.slice/vexa-agent\x2dd\x2d1.slice.slice")]
    [InlineData(false, @"0::/vexa.slice/vexa\x2dagent\x2dd\x2d1.slice")]
    [InlineData(false, @"0::/vexa.slice/docker-vexa-agent\x2dd\x2d1.slice")]
    [InlineData(false, @"0::/vexa.slice/vexa-agent\x2dd\x2d1.slice/vexa-agent\x2dd\x2d2.slice")]
    [InlineData(false, @"0::/vexa.slice/vexa-agent\x2dd\x2d2.slice/docker-1.scope", "3:cpu:/vexa/vexa-agent-d-1")]
    [InlineData(false, @"0::/vexa.slice/vexa-agent\x2dd\x2d2.slice/vexa-agent-d-1")]
    [InlineData(false)]
    [InlineData(false, "garbage")]
    public void A_peer_is_of_a_container_where_the_cgroups_name_it_and_no_other(bool expected, params string[] lines) =>
        Assert.Equal(expected, Attestation.CgroupNames(lines, "vexa-agent-d-1"));
}
