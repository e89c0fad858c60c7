using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Vexa.Contracts;
using Vexa.Control.Dispatch;
using Vexa.Control.Receipts;
using Vexa.Schemas;
using Vexa.Streams;

namespace Vexa.Control.Runs;

/// <summary>
/// Reads a run's stream from its beginning and keeps the record in step: outcomes, usage, the session to resume. From the beginning
/// each time, so that taking a run up again gives the same record.
/// </summary>
internal sealed partial class RunFollower(
    UnitStream stream, RunJournal journal, RuntimeClient runtime, ReceiptWriter writer, TimeProvider time, ILogger<RunFollower> log)
{
    private const int LongestReply = 64 * 1024;

    /// <summary>Ends with the stream's <c>end</c>, or where the stream was lost; and when every turn that ended has its receipts.</summary>
    /// <returns>What the receipts of commits that are found later are made of.</returns>
    public async Task<RunReceipts> Follow(LiveRun run, CancellationToken stop)
    {
        var receipts = new RunReceipts(writer);
        try
        {
            await Follow(run, receipts, stop);
            return receipts;
        }
        catch
        {
            receipts.Dispose();
            throw;
        }
    }

    private async Task Follow(LiveRun run, RunReceipts receipts, CancellationToken stop)
    {
        long input = 0, output = 0;
        var errors = new Dictionary<TurnId, Error>();
        var writing = new List<Task>();
        try
        {
            await foreach (var frame in stream.Follow(run.Run.Id, after: 0, stop))
            {
                if (frame.Type is not ("usage" or "tool-call" or "error" or "turn-complete"))
                    continue;

                switch (Read(run.Run.Id, frame))
                {
                    case Usage usage:
                        (input, output) = (input + usage.InputTokens, output + usage.OutputTokens);
                        if (usage.Turn is { } user)
                            receipts.TallyOf(user).Add(usage);
                        break;
                    case ToolCall { Turn: { } caller }:
                        receipts.TallyOf(caller).AddToolCall(frame.Json);
                        break;
                    case Error { Turn: { } turn } error:
                        errors[turn] = error;
                        break;
                    case TurnComplete { Turn: { } turn } complete:
                        await Complete(run, turn, complete, errors.GetValueOrDefault(turn), (input, output), stop);
                        writing.Add(Write(run, turn, receipts, stop));
                        await TellIdle(run, stop);
                        break;
                }
            }
        }
        finally
        {
            await Task.WhenAll(writing);
        }
    }

    // An agent may say that its turn is complete while a bundle of it is still on its way. The next one finds the turn closed.
    private static async Task Write(LiveRun run, TurnId turn, RunReceipts receipts, CancellationToken stop)
    {
        using (await run.EnterReceiving(stop))
        {
        }

        await receipts.Write(run.Run, turn, stop);
    }

    private Task Complete(LiveRun run, TurnId turn, TurnComplete complete, Error? last, (long Input, long Output) used, CancellationToken stop) => Durably.Do(async () =>
    {
        await run.Change(r => r with
        {
            InputTokens = used.Input,
            OutputTokens = used.Output,
            Turns = [.. r.Turns.Select(t => t.Id != turn || t.Ok is not null ? t : t with
            {
                Ok = complete.Ok,
                CompletedAt = time.GetUtcNow(),
                Reply = complete.Reply is { Length: > LongestReply } long_ ? long_[..LongestReply] : complete.Reply,
                Error = complete.Ok ? null : last?.Message,
                Hint = complete.Ok ? null : last?.Hint,
            })],
        }, stop);
        await SaveSession(run.Run, complete.Session, stop);
    }, run.Run.Id, time, log, stop);

    /// <summary>Tells the runtime that no turn is open, where none is. A message that comes at the same time waits, and then takes it back.</summary>
    public async Task TellIdle(LiveRun run, CancellationToken stop)
    {
        try
        {
            await run.Alone(async r => r.Turns.All(t => t.Ok is not null) && await runtime.SetIdle(r.Id, idle: true, stop), stop);
        }
        catch (VexaException away)
        {
            // Then its wall clock bounds it.
            NotToldIdle(log, run.Run.Id, away.Rule);
        }
    }

    // A frame that is none says nothing; the run goes on to its end.
    private UnitEvent? Read(DispatchId run, StreamFrame frame)
    {
        try
        {
            return Contract.Read(frame.Json.Span, VexaJson.Default.UnitEvent);
        }
        catch (ContractException broken)
        {
            Unreadable(log, broken, run, frame.Seq);
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "run {Run}: the runtime was not told that it is idle: {Rule}")]
    private static partial void NotToldIdle(ILogger log, DispatchId run, string rule);

    [LoggerMessage(Level = LogLevel.Error, Message = "run {Run}: frame {Seq} is not read: it breaks its contract")]
    private static partial void Unreadable(ILogger log, Exception cause, DispatchId run, long seq);

    // The session's id comes from the agent. It becomes an argument of the next command, so it must look like an id.
    private async Task SaveSession(Run run, string? runnerSession, CancellationToken stop)
    {
        var known = await journal.FindSession(run.Session, stop);
        await journal.SaveSession(new Session
        {
            Id = run.Session,
            Subject = run.Subject,
            Runner = run.Runner,
            Workspaces = run.Workspaces,
            RunnerSession = runnerSession is not null && RunnerSessionId().IsMatch(runnerSession) ? runnerSession : known?.RunnerSession,
            LastRun = run.Id,
            UpdatedAt = time.GetUtcNow(),
        }, stop);
    }

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\z")]
    private static partial Regex RunnerSessionId();
}
