using System.Text.Json.Nodes;
using Vexa.IntegrationTests.Drivers;

namespace Vexa.IntegrationTests.Dispatches;

/// <summary>A worker that does its turn and never goes: the image's own was replaced, as an agent that took it over would.</summary>
public sealed class HostileWorkerTests
{
    private const string Stays = """
        #!/usr/bin/perl
        use IO::Socket::UNIX;
        $SIG{TERM} = 'IGNORE';
        open my $file, '<', '/run/vexa/token/token'; my $token = <$file>;
        sub ask {
            my ($method, $path, $body) = @_;
            my $s = IO::Socket::UNIX->new(Peer => '/run/vexa/door.sock') or die $!;
            print $s "$method $path HTTP/1.1\r\nHost: door\r\nConnection: close\r\nContent-Type: application/json\r\nAuthorization: Bearer $token\r\nContent-Length: " . length($body) . "\r\n\r\n$body";
            $s->flush; local $/; return scalar <$s>;
        }
        my $inbox = ask('GET', '/v1/inbox?after=0&wait=20', '');
        my ($turn) = $inbox =~ /"turn":"([^"]+)"/ or die $inbox;
        print STDERR ask('POST', '/v1/events', '{"first":1,"events":[{"type":"turn-complete","turn":"' . $turn . '","ok":true}]}');
        sleep 1000 while 1;
        """;

    [Fact]
    public async Task A_worker_that_stays_after_its_turn_is_ended_though_the_runtime_was_killed_meanwhile()
    {
        await using var stack = await RunningStack.Start(prepareData: ReplaceWorker);
        var log = await stack.Ask("anything");
        Assert.True(log.Complete.Ok);
        await stack.KillAndAwaitRestart("runtime");

        var run = await stack.AwaitEnd(log.Dispatch);
        Assert.Equal(StopReason.IdleTimeout, run.EndReason);
        Assert.InRange(run.EndedAt!.Value - run.Turns[0].CompletedAt!.Value, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(40));

        // The session goes on in a new container.
        var next = await stack.Ask("more", log.Session);
        Assert.True(next.Complete.Ok);
        Assert.NotEqual(log.Dispatch, next.Dispatch);
    }

    // The same base, and another worker beside it.
    private static void ReplaceWorker(string data)
    {
        var given = Path.Combine(data, "images");
        var images = Directory.ResolveLinkTarget(given, returnFinalTarget: true)!.FullName;
        File.Delete(given);
        var agent = Path.Combine(given, "agent");
        var worker = Directory.CreateDirectory(Path.Combine(agent, "layers", "worker-hostile")).FullName;
        File.WriteAllText(Path.Combine(worker, "vexa-worker"), Stays);
        File.SetUnixFileMode(Path.Combine(worker, "vexa-worker"), (UnixFileMode)0b111_101_101);

        var record = JsonNode.Parse(File.ReadAllText(Path.Combine(images, "agent", "image.json")))!.AsObject();
        record["worker"] = "worker-hostile";
        record.Remove("runners");
        Directory.CreateSymbolicLink(Path.Combine(agent, "layers", (string)record["base"]!), Path.Combine(images, "agent", "layers", (string)record["base"]!));
        File.WriteAllText(Path.Combine(agent, "image.json"), record.ToJsonString());
    }
}
