using Vexa.Contracts;
using Vexa.Control.Dispatch;
using Vexa.Streams;

namespace Vexa.Control.Runs;

/// <summary>
/// Stops the open turns of a run: the worker is asked, and where nothing comes of it in time, the runtime ends the container. Either
/// way the CLI and its children are gone within two seconds.
/// </summary>
internal sealed class RunCanceller(UnitStream stream, UnitInbox inbox, RuntimeClient runtime, TimeProvider time)
{
    private static readonly TimeSpan Ask = TimeSpan.FromSeconds(1.8);
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(30);

    /// <summary>Returns when no turn is open any more.</summary>
    public async Task Cancel(DispatchId dispatch, CancellationToken ct)
    {
        var before = await stream.State(dispatch, ct);
        if (before.OpenTurns.Count == 0)
            return;

        var heard = true;
        foreach (var turn in before.OpenTurns)
            heard &= await TryAsk(dispatch, turn, ct);

        // A worker that got the message has said something since. One that says nothing is stuck, or hostile.
        if (!heard || (!await Ended(dispatch, Ask, ct) && (await stream.State(dispatch, ct)).Seq == before.Seq))
            await runtime.Stop(dispatch, "cancelled", TimeSpan.Zero, ct);

        if (await Ended(dispatch, Settle, ct))
            return;

        await runtime.Stop(dispatch, "cancelled", TimeSpan.Zero, ct);
        await Ended(dispatch, Settle, ct);
    }

    // A store that is full takes no message, and what fills it may be this very run.
    private async Task<bool> TryAsk(DispatchId dispatch, TurnId turn, CancellationToken ct)
    {
        try
        {
            return await inbox.Push(dispatch, new Cancel(turn), ct);
        }
        catch (VexaException outage) when (outage.Stage == Stage.Stream)
        {
            return false;
        }
    }

    private async Task<bool> Ended(DispatchId dispatch, TimeSpan within, CancellationToken ct)
    {
        var started = time.GetTimestamp();
        while ((await stream.State(dispatch, ct)).OpenTurns.Count > 0)
        {
            if (time.GetElapsedTime(started) > within)
                return false;

            await Task.Delay(TimeSpan.FromMilliseconds(25), time, ct);
        }

        return true;
    }
}
