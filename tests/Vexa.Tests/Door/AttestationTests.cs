using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
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

    [Fact]
    public void A_number_that_became_another_process_meanwhile_is_not_mistaken()
    {
        var began = "4711";
        Assert.True(Attestation.IsOfOneProcess(() => began, () => true));
        Assert.False(Attestation.IsOfOneProcess(() => began, () => false));
        Assert.False(Attestation.IsOfOneProcess(() => null, () => true));
        // The one that called ends while it is looked at, and one in the right container gets its number.
        Assert.False(Attestation.IsOfOneProcess(() => began, () =>
        {
            began = "4712";
            return true;
        }));
    }

    [Fact]
    public void A_name_with_brackets_does_not_shift_the_time_at_which_a_process_began() =>
        Assert.Equal("777", Attestation.StartTimeIn($"12 (a) S 1 (b)) R {string.Join(' ', Enumerable.Range(4, 18))} 777 5 6"));

    [Fact]
    public void The_time_at_which_a_process_began_stays() =>
        Assert.Equal(Attestation.StartTime(Environment.ProcessId)!, Attestation.StartTime(Environment.ProcessId));

    [Fact]
    public async Task A_caller_that_has_ended_is_nobody_though_its_connection_is_still_open()
    {
        var folder = Directory.CreateTempSubdirectory("vexa-peer-").FullName;
        try
        {
            using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            listener.Bind(new UnixDomainSocketEndPoint($"{folder}/s"));
            listener.Listen();
            // Its child has the connection too, and keeps it.
            using var caller = Process.Start(new ProcessStartInfo("perl", ["-MIO::Socket::UNIX", "-e", "my $s = IO::Socket::UNIX->new(shift); if (!fork) { $s->getline; exit } <STDIN>", $"{folder}/s"])
            {
                RedirectStandardInput = true,
            })!;
            using var socket = await listener.AcceptAsync(TestContext.Current.CancellationToken);
            using var held = Attestation.PeerPidFd(socket);
            Assert.SkipWhen(held is null, "This kernel has no SO_PEERPIDFD: the start time has to do.");
            Assert.Equal(caller.Id.ToString(CultureInfo.InvariantCulture), Attestation.HeldPid(held));

            caller.StandardInput.Close();
            await caller.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Null(Attestation.HeldPid(held));
            Assert.False(socket.Poll(TimeSpan.Zero, SelectMode.SelectRead)); // not at its end
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
