using Vexa.Contracts;
using Vexa.Control.Dispatch;
using Vexa.Schemas;
using Vexa.Streams;

namespace Vexa.Control.Runs;

/// <summary>
/// Stops the open turns of a run: the worker is asked, and where nothing comes of it in time, the runtime ends the container. Either
/// way the CLI and its children are gone within two seconds. A run without an open turn only holds a place: its container is ended. Whoever asked for it may leave: it is carried through.
/// </summary>
internal sealed class RunCanceller(UnitStream stream, UnitInbox inbox, RuntimeClient runtime, TimeProvider time)
{
    private static readonly TimeSpan Ask = TimeSpan.FromSeconds(1.8);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(90);
    private const int ReadAtOnce = 48;

    /// <summary>Returns when no turn is open any more.</summary>
    public async Task Cancel(DispatchId dispatch)
    {
        using var bound = new CancellationTokenSource(Longest, time);
        var ct = bound.Token;
        var before = await stream.State(dispatch, ct);
        if (before.OpenTurns.Count == 0)
        {
            await runtime.Stop(dispatch, "cancelled", Grace, ct);
            return;
        }

        var heard = true;
        foreach (var turn in before.OpenTurns)
            heard &= await TryAsk(dispatch, turn, ct);

        // A worker that does what it is told says so when the CLI is gone. One that does not is stuck, or hostile.
        if (!heard || (!await Ended(dispatch, Ask, ct) && !await Answered(dispatch, before, ct)))
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

    // The turn under way has left its CLI behind: it commits, as its phase tells. What else moves the stream, such as the usage of a model
    // call, is no answer. It may have been there before it was asked: so a little of what came before is looked at too.
    private async Task<bool> Answered(DispatchId dispatch, StreamState before, CancellationToken ct)
    {
        var open = (await stream.State(dispatch, ct)).OpenTurns.Where(before.OpenTurns.Contains).Select(turn => turn.Value).FirstOrDefault();
        if (open is null)
            return true;

        var after = Math.Max(0, before.Seq - ReadAtOnce);
        while (true)
        {
            var frames = await stream.Read(dispatch, after, ReadAtOnce, ct);
            if (frames.Any(frame => frame.Turn == open && IsAnswer(frame)))
                return true;

            if (frames.Count < ReadAtOnce)
                return false;

            after = frames[^1].Seq;
        }
    }

    private static bool IsAnswer(StreamFrame frame) =>
        frame.Type == "phase" && Contract.Read(frame.Json.Span, VexaJson.Default.UnitEvent) is Phase { Name: not "agent-starting" };

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
