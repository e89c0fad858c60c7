using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>Work that waits to land.</summary>
/// <param name="quarantine">Holds its objects, if it brings any. All of a batch are looked at and packed with them: it stays until every one of them is, and only then is any answered.</param>
/// <param name="decide">Where it goes; may be called again.</param>
/// <param name="stop">Nobody waits for it any more.</param>
internal sealed class Arrival(Quarantine quarantine, Func<Ground, CancellationToken, Task<Decision>> decide, CancellationToken stop)
{
    private readonly TaskCompletionSource<CommitResult> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Objects => quarantine.Objects;

    /// <summary>The commit that it brings, judged; absent where that is made only when it is decided.</summary>
    public AgentCommit? Commit { get; init; }

    /// <summary>When the result is there, it is durable.</summary>
    public Task<CommitResult> Answer => _answer.Task;

    /// <summary>Decides; a fault is the arrival's own, and told to it alone.</summary>
    public async Task<Outcome> Decide(Ground ground)
    {
        try
        {
            stop.ThrowIfCancellationRequested();
            return new Outcome(this, await decide(ground, stop), null);
        }
        catch (Exception fault)
        {
            return new Outcome(this, default, fault);
        }
    }

    public void Answered(CommitResult result) => _answer.TrySetResult(result);

    public void Failed(Exception fault)
    {
        if (fault is OperationCanceledException && stop.IsCancellationRequested)
            _answer.TrySetCanceled(stop);
        else
            _answer.TrySetException(fault);
    }
}

/// <summary>What was decided about an arrival. It is told only when all that it stands on is durable.</summary>
internal sealed record Outcome(Arrival Arrival, Decision Decision, Exception? Fault)
{
    public Landing? Landing => Fault is null ? Decision.Landing : null;

    public void Tell()
    {
        if (Fault is not null)
            Arrival.Failed(Fault);
        else
            Arrival.Answered(Decision.Before ?? Landing!.Result);
    }
}
