using Vexa.IntegrationTests.Drivers;

namespace Vexa.IntegrationTests.Worker;

/// <summary>The worker as PID 1 of a pid namespace, as it is in a container.</summary>
public sealed class InitTests
{
    private const string Census = "grep -l '^State:.Z' /proc/[0-9]*/status; ls -d /proc/[0-9]* | wc -l";

    [Fact]
    public async Task Orphans_are_reaped_and_the_runners_own_exit_status_is_known()
    {
        await using var worker = await WorkerProcess.Prepare("""
            if [ "$3" = orphans ]; then for i in $(seq 50); do (setsid true &) ; done; sleep 0.3; echo bad >&2; exit 7; fi
            """ + "\n" + Census);
        worker.Door.Prompt("t1", "orphans");
        worker.Door.Prompt("t2", "census");
        worker.Start(asInit: true);

        var first = await worker.Door.TurnOf("t1");
        var second = await worker.Door.TurnOf("t2");

        Assert.Contains("exit code 7", Assert.Single(first.OfType<Error>()).Message, StringComparison.Ordinal);
        // The worker, the script, ls and wc; and no zombie.
        Assert.Equal("4", Assert.IsType<TurnComplete>(second[^1]).Reply);
    }

    [Fact]
    public async Task A_cancel_kills_everything_in_the_container_but_the_worker()
    {
        await using var worker = await WorkerProcess.Prepare("""
            if [ "$3" = stubborn ]; then
              trap '' TERM
              for i in 1 2 3; do (trap '' TERM; setsid bash -c "trap '' TERM; while true; do sleep 1000; done" &) ; done
              echo started
              while true; do sleep 1000; done
            fi
            """ + "\n" + Census);
        worker.Door.Prompt("t1", "stubborn");
        worker.Door.Prompt("t2", "census");
        worker.Start(asInit: true);
        await worker.Door.Saw<MessageDelta>(delta => delta.Text == "started\n");

        worker.Door.Cancel("t1");

        Assert.False(Assert.IsType<TurnComplete>((await worker.Door.TurnOf("t1"))[^1]).Ok);
        Assert.Equal("4", Assert.IsType<TurnComplete>((await worker.Door.TurnOf("t2"))[^1]).Reply);
    }

    [Fact]
    public async Task An_idle_worker_exits_with_success()
    {
        await using var worker = await WorkerProcess.Prepare("echo x > x; echo ok");
        worker.Door.Prompt("t1", "x");
        worker.Start(asInit: true, idleSeconds: 1);

        Assert.Equal(0, await worker.Exit());
        Assert.Single(worker.Door.Bundles);
    }
}
