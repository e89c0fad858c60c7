namespace Vexa.Workspaces;

/// <summary>Performs a request, and again where the server fails, is slow or away: with growing waits, until patience ends.</summary>
internal sealed class S3Attempts(BucketAddress address, S3Options options, TimeProvider time)
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    /// <exception cref="Contracts.VexaException">What <see cref="S3Faults.From"/> makes of the last fault.</exception>
    public async Task<T> Run<T>(string key, Func<S3Attempt, Task<T>> request, CancellationToken ct)
    {
        var doubt = false;
        var (since, wait) = (time.GetTimestamp(), FirstWait);
        while (true)
        {
            using var limit = new CancellationTokenSource(options.RequestTime, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
            var attempt = new S3Attempt(limit, options.RequestTime, doubt, either.Token);
            try
            {
                return await request(attempt);
            }
            catch (Exception fault) when (S3Faults.IsTransient(fault))
            {
                ct.ThrowIfCancellationRequested();
                doubt |= S3Faults.LeavesDoubt(fault);
                if (attempt.HasProgressed)
                    (since, wait) = (time.GetTimestamp(), FirstWait);
                if (time.GetElapsedTime(since) + wait > options.Patience)
                    throw S3Faults.From(fault, key, address, options);
            }
            catch (Amazon.Runtime.AmazonServiceException fault)
            {
                throw S3Faults.From(fault, key, address, options);
            }

            // Not all at the same moment after an outage.
            await Task.Delay(wait * (0.5 + Random.Shared.NextDouble() / 2), time, ct);
            wait = wait * 2 < LongestWait ? wait * 2 : LongestWait;
        }
    }
}

/// <summary>One try of a request.</summary>
/// <param name="Doubt">An earlier one failed in a way that leaves open whether it was performed.</param>
/// <param name="Stop">Ends the try: its time is over, or nobody wants it any more.</param>
internal sealed record S3Attempt(CancellationTokenSource Limit, TimeSpan RequestTime, bool Doubt, CancellationToken Stop)
{
    public bool HasProgressed { get; private set; }

    /// <summary>A piece went out: there is the whole time again for the next one.</summary>
    public void Continue() => Limit.CancelAfter(RequestTime);

    /// <summary>A piece came through that need not come again: also patience begins anew.</summary>
    public void Progress()
    {
        HasProgressed = true;
        Continue();
    }
}
