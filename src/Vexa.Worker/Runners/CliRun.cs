using Vexa.Worker.Events;
using Vexa.Worker.Formats;
using Vexa.Worker.Processes;

namespace Vexa.Worker.Runners;

/// <summary>
/// One run of the CLI: starts it, relays what it says, and sees to it that it ends. When this returns or throws, no process of the
/// agent is left, so the working copies hold still for the commit.
/// </summary>
internal sealed class CliRun(Children children, TimeProvider clock)
{
    /// <summary>Between asking and killing.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    /// <summary>How long a CLI may stay silent after it gave its result, before it is killed. The result stands.</summary>
    public static readonly TimeSpan Linger = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    /// <param name="plan">What to start.</param>
    /// <param name="translator">Takes in what it prints.</param>
    /// <param name="events">Gets the frames; waiting for it slows the CLI down.</param>
    /// <param name="cancel">Asks the CLI to end, and makes it end after <see cref="Grace"/>.</param>
    /// <param name="abort">Kills the CLI at once.</param>
    /// <exception cref="VexaException">It cannot be started.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="abort"/> came.</exception>
    public async Task<RunOutcome> Run(
        SpawnPlan plan, StreamTranslator translator, TurnEvents events, CancellationToken cancel, CancellationToken abort)
    {
        using var child = Start(plan);
        var heard = new Heard { At = clock.GetTimestamp() };
        var pump = Pump(child, translator, events, heard, abort);
        try
        {
            await WaitForEnd(child, pump, translator, events, heard, cancel, abort);
        }
        finally
        {
            await children.KillAll();
        }

        var exit = await child.Exited;
        await pump;
        abort.ThrowIfCancellationRequested();
        return translator.Finish(exit, child.Errors);
    }

    private Child Start(SpawnPlan plan)
    {
        try
        {
            return children.Start(plan);
        }
        catch (SpawnException e) when (e.Error == Libc.E2Big)
        {
            throw new VexaException(Stage.Runner, Party.Caller, "prompt-too-long", "The prompt is longer than a command line of the CLI may be (128 KiB).",
                "Put the long part into a file of the workspace and name the file in the prompt.", e);
        }
        catch (SpawnException e)
        {
            throw new VexaException(Stage.Runner, Party.Operator, "runner-start", $"{plan.File} cannot be started: {e.Message}.",
                "Check the file in the agent image: its mode, its interpreter line, its processor architecture.", e);
        }
    }

    private async Task Pump(Child child, StreamTranslator translator, TurnEvents events, Heard heard, CancellationToken abort)
    {
        List<UnitEvent> frames = [];
        var lines = new LineSplitter((line, cut) => translator.Line(line, cut, frames));
        await child.Consume(async bytes =>
        {
            // Fed in small pieces, so that the frames of one chunk of tiny lines do not pile up.
            for (var at = 0; at < bytes.Length; at += 4096)
            {
                lines.Feed(bytes.Span[at..Math.Min(bytes.Length, at + 4096)]);
                await Relay(frames, events, abort);
            }

            heard.At = clock.GetTimestamp();
        });
        lines.Complete();
        await Relay(frames, events, abort);
    }

    private static async ValueTask Relay(List<UnitEvent> frames, TurnEvents events, CancellationToken abort)
    {
        foreach (var frame in frames)
            await events.Relay(frame, abort);
        frames.Clear();
    }

    private async Task WaitForEnd(
        Child child, Task pump, StreamTranslator translator, TurnEvents events, Heard heard, CancellationToken cancel, CancellationToken abort)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, abort);
        var asked = new TaskCompletionSource();
        await using var registration = either.Token.Register(() => asked.TrySetResult());
        while (!child.Exited.IsCompleted && !asked.Task.IsCompleted && !pump.IsFaulted && !pump.IsCanceled)
        {
            await Task.WhenAny(child.Exited, asked.Task, Task.Delay(Look, clock));
            if (translator.HasResult && clock.GetElapsedTime(heard.At) > Linger)
                return;
        }

        if (!cancel.IsCancellationRequested || abort.IsCancellationRequested || child.Exited.IsCompleted)
            return;

        events.Muted = true;
        child.SignalGroup(Libc.SigTerm);
        await Task.WhenAny(child.Exited, Task.Delay(Grace, clock));
    }

    private sealed class Heard
    {
        private long _at;

        public long At
        {
            get => Interlocked.Read(ref _at);
            set => Interlocked.Exchange(ref _at, value);
        }
    }
}
