using Microsoft.Extensions.Logging;
using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>
/// The right to be the only writer of a bucket whose server ignores conditions. It lasts for seconds and is renewed all the time; whoever
/// loses it, or cannot renew it, writes no more.
/// </summary>
/// <remarks>
/// Two things must agree: the lease in what the processes share (Redis), which gives each holder a higher fencing number, and the claim in
/// the bucket, which a process of another installation finds. Alone, the claim is enough for two that start at different times.
/// </remarks>
internal sealed partial class WriterLease : IAsyncDisposable
{
    private readonly string _holder = Guid.NewGuid().ToString("N");
    private readonly Claim _claim;
    private readonly string _bucket;
    private readonly ILeaseStore? _store;
    private readonly LeaseTimes _times;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _state = new();
    private CancellationTokenSource _ended;
    private long _since;
    private bool _isHeld;
    private BucketClaim? _foreign;
    private long _foreignSince;
    // It was seen twice, and had moved meanwhile.
    private bool _isForeignAlive;
    private Task _renewing = Task.CompletedTask;

    private WriterLease(Claim claim, string bucket, ILeaseStore? store, LeaseTimes times, TimeProvider time, ILogger log)
    {
        (_claim, _bucket, _store, _times, _time, _log) = (claim, bucket, store, times, time, log);
        _ended = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
    }

    /// <summary>Higher than that of every holder before.</summary>
    public long Fence { get; private set; }

    /// <summary>Takes the lease, and renews it until it is disposed. Waits for one that may be a dead process's.</summary>
    /// <param name="bucket">Names the bucket in the store.</param>
    /// <param name="store">What the processes share; null where it is nothing but the bucket.</param>
    /// <exception cref="VexaException"><c>bucket-in-use</c>: another process writes to the bucket.</exception>
    public static async Task<WriterLease> Take(S3Objects objects, string bucket, ILeaseStore? store, LeaseTimes times, TimeProvider time, ILogger log, CancellationToken ct)
    {
        var lease = new WriterLease(new Claim(objects), bucket, store, times, time, log);
        try
        {
            for (var since = time.GetTimestamp(); await lease.TryHold(ct) is not true; await Task.Delay(times.RenewEvery / 3, time, ct))
                if (lease._isForeignAlive || time.GetElapsedTime(since) > times.Patience)
                    throw InUse(bucket, lease._foreign);

            lease._renewing = lease.Renew();
            return lease;
        }
        catch
        {
            await lease.DisposeAsync();
            throw;
        }
    }

    /// <summary>Does work that changes the bucket, if enough of the lease is left, and breaks it off before the lease ends.</summary>
    /// <exception cref="VexaException"><c>writer-lease-lost</c>.</exception>
    public async Task<T> Guard<T>(string key, Func<CancellationToken, Task<T>> work, CancellationToken ct)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(Demand(key), ct);
        try
        {
            return await work(either.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw Lost(key);
        }
    }

    public static VexaException Lost(string key) => new(BucketFailure.StageOf(key), Party.Operator,
        "writer-lease-lost", "This process may not write to the bucket at the moment: its writer lease has ended, or another process has it.",
        "Try again. Where it stays so, see that Redis and the bucket are reachable, and that no other vexa uses this bucket.")
    { Status = 503, RetryAfter = TimeSpan.FromSeconds(3) };

    /// <summary>Gives the lease up, so that the next one need not wait for its end.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _renewing;
        End();
        try
        {
            using var limit = new CancellationTokenSource(_times.Margin, _time);
            if (await _claim.Read(limit.Token) is { } claim && claim.Holder == _holder)
                await _claim.Write(claim with { Released = true }, limit.Token);
            if (_store is not null)
                await _store.GiveUp(_bucket, _holder, limit.Token);
        }
        catch (Exception fault)
        {
            // It ends by itself; what the caller is about to throw matters more.
            NotGivenUp(_log, fault, _bucket);
        }

        _ended.Dispose();
        _stop.Dispose();
    }

    private CancellationToken Demand(string key)
    {
        lock (_state)
            return _isHeld && _times.Lasts - _times.Margin - _time.GetElapsedTime(_since) >= _times.LeastLeft ? _ended.Token : throw Lost(key);
    }

    private async Task Renew()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(_times.RenewEvery, _time, _stop.Token);
                if (await TryHold(_stop.Token) is false)
                {
                    End();
                    Taken(_log, _bucket, _foreign?.Host);
                }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault)
            {
                // Whatever it was, the next renewal may succeed; without this loop there is none.
                NotRenewed(_log, fault, _bucket);
            }
        }
    }

    // Null: it could not be tried in time. What is left of the lease still counts.
    private async Task<bool?> TryHold(CancellationToken ct)
    {
        // What takes longer is no renewal: of two that claim at one moment, each must have written before the other one looks again.
        using var limit = new CancellationTokenSource(_times.Settle, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        var since = _time.GetTimestamp();
        try
        {
            var there = await _claim.Read(either.Token);
            var domain = _store is null ? _holder : await _store.Domain(either.Token);
            if (there is not null && !MayReplace(there, domain))
                return false;
            if (await TakeShared(there, either.Token) is not { } fence)
                return false;

            await _claim.Write(new BucketClaim { Holder = _holder, Domain = domain, Host = Environment.MachineName, Fence = fence, Beat = (there?.Beat ?? 0) + 1 }, either.Token);
            // Also where the lease has decided: somebody of another domain may claim at this moment.
            if (there?.Holder != _holder && !await HasSettled(ct))
                return false;

            Hold(fence, since);
            return true;
        }
        catch (OperationCanceledException slow) when (!ct.IsCancellationRequested)
        {
            NotRenewed(_log, slow, _bucket);
            return null;
        }
    }

    private bool MayReplace(BucketClaim there, string domain)
    {
        if (there.Holder == _holder || there.Released || there.Domain == domain)
        {
            _foreign = null;
            return true;
        }

        if (_foreign?.Holder == there.Holder && _foreign.Beat == there.Beat)
            return _time.GetElapsedTime(_foreignSince) > _times.DeadAfter;

        _isForeignAlive = _foreign?.Holder == there.Holder;
        (_foreign, _foreignSince) = (there, _time.GetTimestamp());
        return false;
    }

    private async Task<long?> TakeShared(BucketClaim? there, CancellationToken ct)
    {
        // Also above those of a Redis that was lost, and of a bucket that was restored from somewhere else: numbers go with the time.
        var above = Math.Max(Math.Max(there?.Fence ?? 0, Fence), _time.GetUtcNow().ToUnixTimeMilliseconds());
        if (_store is null)
            return there?.Holder == _holder ? Fence : above + 1;
        if (there?.Holder == _holder && await _store.Extend(_bucket, _holder, _times.Lasts, ct))
            return there.Fence;

        return await _store.TryTake(_bucket, _holder, above, _times.Lasts, ct);
    }

    private async Task<bool> HasSettled(CancellationToken ct)
    {
        await Task.Delay(_times.Settle, _time, ct);
        return await _claim.Read(ct) is { } now && now.Holder == _holder;
    }

    private void Hold(long fence, long since)
    {
        lock (_state)
        {
            if (_ended.IsCancellationRequested)
            {
                _ended.Dispose();
                _ended = new CancellationTokenSource(Timeout.InfiniteTimeSpan, _time);
            }

            (Fence, _since, _isHeld) = (fence, since, true);
            _ended.CancelAfter(Max(_times.Lasts - _times.Margin - _time.GetElapsedTime(since), TimeSpan.Zero));
        }
    }

    private void End()
    {
        lock (_state)
        {
            _isHeld = false;
            _ended.Cancel();
        }
    }

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static VexaException InUse(string bucket, BucketClaim? by) => new(Stage.Record, Party.Operator, "bucket-in-use",
        $"The bucket {bucket} is used by another vexa{(by is null ? "" : $", on {by.Host}")}, and its server ignores the conditions that would keep the two apart.",
        "Stop the other one, or let both use one Redis (VEXA_REDIS); or use an S3 server with conditional writes, or another prefix.")
    { Status = 503 };

    [LoggerMessage(Level = LogLevel.Error, Message = "the writer lease of {Bucket} is another process's, on {Host}; nothing is written until it is ours again")]
    private static partial void Taken(ILogger log, string bucket, string? host);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the writer lease of {Bucket} could not be renewed")]
    private static partial void NotRenewed(ILogger log, Exception fault, string bucket);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the writer lease of {Bucket} could not be given up; the next holder waits for its end")]
    private static partial void NotGivenUp(ILogger log, Exception fault, string bucket);
}
