namespace Vexa.Redis;

/// <summary>A caller's command on its way.</summary>
internal sealed class CommandRequest(RedisCommand command, long issuedAt) : Request(command.Wire)
{
    // Continuations elsewhere: one slow caller must not hold up the reader that serves all.
    private readonly TaskCompletionSource<RespValue> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public long IssuedAt { get; } = issuedAt;

    public bool IsOver => _done.Task.IsCompleted;

    public Task<RespValue> Reply => _done.Task;

    public override void Answer(RespValue reply)
    {
        if (reply.IsError)
            _done.TrySetException(RedisReplyException.From(reply));
        else
            _done.TrySetResult(reply);
    }

    public override void Lose(Exception reason) =>
        _done.TrySetException(new RedisUnavailableException(
            $"The connection to Redis was lost while {command} waited for its reply, so whether it was performed is unknown: {reason.Message}",
            outcomeUnknown: true,
            reason));

    /// <summary>It was never written.</summary>
    public void Refuse(RedisUnavailableException reason) => _done.TrySetException(reason);

    /// <summary>Ends the caller's wait. What was written stays written, and its reply will be dropped.</summary>
    public void Cancel(CancellationToken ct) => _done.TrySetCanceled(ct);
}
