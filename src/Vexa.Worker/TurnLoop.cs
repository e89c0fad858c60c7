using System.Runtime.InteropServices;
using Vexa.Worker.Door;
using Vexa.Worker.Events;
using Vexa.Worker.Turns;

namespace Vexa.Worker;

/// <summary>
/// The worker's life: reads its inbox, runs one turn per prompt, and ends when nothing came for the order's idle time. The first frame
/// is what people wait for, so nothing stands before it that it does not need.
/// </summary>
internal sealed class TurnLoop(WorkerPaths paths, string? order, TimeProvider clock)
{
    /// <summary>How long the last words of an aborted turn are waited for.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(1);

    /// <summary>Runs until idle, stopped or refused.</summary>
    /// <returns>The exit code; see <see cref="ExitCode"/>.</returns>
    public async Task<int> Run()
    {
        var token = DoorToken.Read(paths.Token);
        using var http = new UnixHttpClient(paths.Door);
        var opened = await Opening.Try(http, token, clock);

        var door = new DoorClient(http, token, clock);
        using var outbox = new EventOutbox(door, clock, opened);
        using var end = new CancellationTokenSource();
        var inbox = new InboxReader(door, clock);

        // The tasks that live as long as the worker. The first that fails ends it.
        var sending = outbox.Run(end.Token);
        var reading = inbox.Run(end.Token);
        try
        {
            // The order is not needed for the first frame, and reading it takes longer than everything up to there.
            var options = WorkerOptions.From(paths, order);
            using var abort = CancellationTokenSource.CreateLinkedTokenSource(outbox.Broken);
            var turns = RunTurns(options, door, token, outbox, inbox, abort);
            await Task.WhenAny(turns, sending, reading);
            if (!turns.IsCompleted)
                await abort.CancelAsync();

            await Task.WhenAny(turns);
            // Why turns ended matters more than that they did.
            if (outbox.Broken.IsCancellationRequested)
                await sending;
            if (reading.IsFaulted)
                await reading;
            return await turns;
        }
        catch (VexaException refusal) when (refusal.Stage != Stage.RuntimeStart)
        {
            WorkerLog.Write($"the door refused: {refusal.Rule}: {refusal.Message}");
            return ExitCode.Refused;
        }
        catch (DoorUnavailableException)
        {
            WorkerLog.Write($"the door did not answer for {EventOutbox.Patience.TotalSeconds:0} s");
            return ExitCode.Unreachable;
        }
        finally
        {
            await end.CancelAsync();
            await Task.WhenAll(sending, reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<int> RunTurns(
        WorkerOptions options, DoorClient door, DoorToken token, EventOutbox outbox, InboxReader inbox, CancellationTokenSource abort)
    {
        var idle = TimeSpan.FromSeconds(options.Order.IdleSeconds);
        Workbench? bench = null;
        PosixSignalRegistration? stop = null;
        var turns = new TurnRunner(options, outbox, () => bench ??= Equip(), clock);
        try
        {
            while (true)
            {
                if (await inbox.Next(idle, abort.Token) is { } prompt)
                {
                    await turns.Run(prompt, abort.Token);
                    inbox.Close(prompt);
                }
                else if (inbox.Drained() is { } seen
                    && (await Retry.WhileUnavailable(again => door.CloseInbox(seen, again), EventOutbox.Patience, clock, abort.Token)).Closed)
                    return ExitCode.Idle;

                // A refused close means that a message is on its way: the reader brings it, and the loop comes round.
                abort.Token.ThrowIfCancellationRequested();
            }
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested && !outbox.Broken.IsCancellationRequested)
        {
            await outbox.Flush(outbox.Broken).WaitAsync(LastWords, clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return ExitCode.Stopped;
        }
        finally
        {
            stop?.Dispose();
            if (bench is not null)
                await bench.DisposeAsync();
        }

        Workbench Equip()
        {
            stop = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
            {
                signal.Cancel = true;
                abort.Cancel();
            });
            return new(options, door, token, clock);
        }
    }
}
