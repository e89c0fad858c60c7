using System.Diagnostics;
using Vexa.IntegrationTests.Drivers;

namespace Vexa.IntegrationTests.Worker;

public sealed class CancelTests
{
    private const string Stubborn = """
        trap '' TERM
        echo partly > part.md
        (trap '' TERM; setsid bash -c "trap '' TERM; sleep 1000" &)
        echo started
        while true; do sleep 1000; done
        """;

    [Fact]
    public async Task A_cancel_ends_a_process_tree_that_ignores_sigterm_and_keeps_what_was_done()
    {
        await using var worker = await WorkerProcess.Prepare(Stubborn);
        worker.Door.Prompt("t1", "x");
        worker.Start();
        await worker.Door.Saw<MessageDelta>(delta => delta.Text == "started\n");

        worker.Door.Cancel("t1");
        var frames = await worker.Door.TurnOf("t1");

        var error = Assert.Single(frames.OfType<Error>());
        Assert.Equal(Party.Caller, error.Party);
        Assert.Contains("cancelled", error.Message, StringComparison.Ordinal);
        Assert.False(Assert.IsType<TurnComplete>(frames[^1]).Ok);
        Assert.Empty(TurnTests.Below(worker.Process.Id));
        var clone = worker.Apply(Assert.Single(worker.Door.Bundles));
        Assert.Equal("part.md\n", WorkerProcess.GitIn(clone, "diff", "--name-only", "main^", "main"));
    }

    [Fact]
    public async Task A_cancelled_prompt_in_the_queue_never_starts_and_the_next_one_runs()
    {
        await using var worker = await WorkerProcess.Prepare("echo \"$3\"; [ \"$3\" = first ] && while [ ! -e go ]; do sleep 0.05; done; true");
        worker.Door.Prompt("t1", "first");
        worker.Start();
        await worker.Door.Saw<MessageDelta>(_ => true);
        worker.Door.Prompt("t2", "second");
        worker.Door.Prompt("t3", "third");
        worker.Door.Cancel("t2");
        // Read after the cancel, so the cancel was read too.
        worker.Door.Cancel("t9");
        await Until.IsTrue(() => Task.FromResult(worker.Door.Requests.Count(request => request == "GET /v1/inbox") > 3 ? "" : null));
        await File.WriteAllTextAsync(Path.Combine(worker.Workspace, "go"), "", TestContext.Current.CancellationToken);

        var second = await worker.Door.TurnOf("t2");
        var third = await worker.Door.TurnOf("t3");

        Assert.Empty(second.OfType<MessageDelta>());
        Assert.Contains("cancelled", Assert.Single(second.OfType<Error>()).Message, StringComparison.Ordinal);
        Assert.Equal("third", Assert.IsType<TurnComplete>(third[^1]).Reply);
    }

    [Fact]
    public async Task Sigterm_to_the_worker_ends_the_turn_with_its_terminal_frame()
    {
        await using var worker = await WorkerProcess.Prepare(Stubborn);
        worker.Door.Prompt("t1", "x");
        worker.Start();
        await worker.Door.Saw<MessageDelta>(delta => delta.Text == "started\n");

        using (Process.Start("kill", ["-TERM", worker.Process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]))
        {
            var frames = await worker.Door.TurnOf("t1");

            Assert.False(Assert.IsType<TurnComplete>(frames[^1]).Ok);
            Assert.Equal(Party.Operator, Assert.Single(frames.OfType<Error>()).Party);
            Assert.Equal(143, await worker.Exit());
        }
    }
}
