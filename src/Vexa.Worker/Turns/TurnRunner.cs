using Vexa.Worker.Commits;
using Vexa.Worker.Door;
using Vexa.Worker.Events;
using Vexa.Worker.Formats;
using Vexa.Worker.Runners;

namespace Vexa.Worker.Turns;

/// <summary>
/// Runs turns, one after another: a prompt, from its first frame to its one terminal frame:
/// (1) say that it begins; (2) prepare the session folder and run the CLI; (3) commit what it left in each writable workspace;
/// (4) say how it went. Whatever fails on the way, step 4 comes, exactly once; only a door that is closed to us can prevent it.
/// </summary>
internal sealed class TurnRunner(WorkerOptions options, EventOutbox outbox, Func<Workbench> bench, TimeProvider clock)
{
    private readonly SessionFolder _sessions = new(options);
    private string? _session = options.Order.Session;

    /// <param name="abort">The worker itself is to end: the CLI is killed, nothing is committed any more.</param>
    public async Task Run(QueuedPrompt queued, CancellationToken abort)
    {
        var events = new TurnEvents(outbox, queued.Prompt.Turn);
        string? reply = null;
        VexaException? failure = null;
        try
        {
            await events.Say(new Phase("agent-starting"), abort);
            var outcome = await RunCli(queued, events, abort);
            (reply, failure) = (outcome.Reply, queued.Cancelled.IsCancellationRequested ? Cancelled : outcome.Failure);

            await events.Say(new Phase("committing"), abort);
            foreach (var commit in bench().Commits)
                failure = await Commit(commit, queued.Prompt, events, failure, abort);
        }
        catch (VexaException e)
        {
            failure = e;
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested)
        {
            failure = Stopped;
        }
        catch (Exception e)
        {
            WorkerLog.Write($"turn {queued.Prompt.Turn} failed: {e}");
            failure = new(Stage.Runner, Party.Vexa, "worker-failed", $"The worker itself failed ({e.GetType().Name}).",
                "Send the message again, and report it with the container's log.", e);
        }

        // Not with the abort token: these are the last words, and whoever aborts limits how long they are waited for.
        if (failure is not null)
            await events.Say(Error.From(failure), outbox.Broken);
        await events.Say(new TurnComplete(failure is null, reply, _session), outbox.Broken);
    }

    private async Task<RunOutcome> RunCli(QueuedPrompt queued, TurnEvents events, CancellationToken abort)
    {
        if (queued.Cancelled.IsCancellationRequested)
            return new(false, null, Cancelled);

        var runner = options.Order.Runner;
        var fresh = Guid.NewGuid().ToString();
        var translator = StreamTranslator.For(runner);
        _sessions.Prepare();
        var plan = CliCommand.Plan(options, CliCommand.Argv(runner, queued.Prompt.Text, _session, fresh), bench().DoorPort);
        try
        {
            var outcome = await new CliRun(bench().Children, clock).Run(plan, translator, events, queued.Cancelled, abort);
            KeepSession(translator.Session ?? (_session is null && TakesSession(runner) ? fresh : null), outcome.Ok);
            return outcome;
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested)
        {
            KeepSession(translator.Session, worked: false);
            throw;
        }
    }

    private static bool TakesSession(AgentRunner runner) => runner.Argv.Any(argument => argument.Contains("{session}", StringComparison.Ordinal));

    // A session that was never written must not be gone on with: every later turn would fail on it. After a turn that went wrong an id is
    // believed only where its file is there, and a session that was known before stays.
    private void KeepSession(string? reported, bool worked)
    {
        if (reported is not null && (worked || (_session is null && _sessions.Has(reported))))
            _session = reported;
    }

    private static async Task<VexaException?> Commit(
        WorkspaceCommit commit, Prompt prompt, TurnEvents events, VexaException? before, CancellationToken abort)
    {
        try
        {
            await commit.Run(prompt, events, abort);
            return before;
        }
        catch (VexaException e) when (!DoorClient.IsFinal(e))
        {
            // Both are told: the turn's own failure and that its work was not kept. The other workspaces still get their commits.
            if (before is not null)
                await events.Say(Error.From(before), abort);
            return e;
        }
    }

    private static VexaException Cancelled => new(Stage.Runner, Party.Caller, "cancelled", "The turn was cancelled.",
        "What the agent did until then is committed; send another message to go on.");

    private static VexaException Stopped => new(Stage.Runner, Party.Operator, "stopped", "The container was stopped while the turn ran.",
        "Send the message again.");
}
