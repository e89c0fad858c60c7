using System.Globalization;
using Vexa.Contracts;
using Vexa.Redis;
using Vexa.Workspaces;

namespace Vexa.Control.Leases;

/// <summary>Writer leases in Redis, for the processes that share one.</summary>
internal sealed class RedisLeases(RedisClient redis) : ILeaseStore
{
    private static readonly RedisScript TakeScript = RedisScript.FromResource(typeof(RedisLeases).Assembly, "Vexa.Control.Leases.take.lua");
    private static readonly RedisScript ExtendScript = RedisScript.FromResource(typeof(RedisLeases).Assembly, "Vexa.Control.Leases.extend.lua");

    public Task<string> Domain(CancellationToken ct) => Named(async () =>
    {
        var domain = await redis.Execute(RedisCommand.Of("SET", RedisKeys.Domain, Guid.NewGuid().ToString("N"), "NX", "GET"), ct);
        // Where there was none, GET answers nothing, and ours is the one.
        return domain.IsNull ? (await redis.Execute(RedisCommand.Of("GET", RedisKeys.Domain), ct)).AsString() : domain.AsString();
    });

    public Task<long?> TryTake(string bucket, string holder, long above, TimeSpan lasts, CancellationToken ct) => Named(async () =>
    {
        var taken = await redis.Evaluate(TakeScript, [RedisKeys.Lease(bucket), RedisKeys.Fence(bucket)], [holder, Milliseconds(lasts), above], ct);
        return taken.IsNull ? (long?)null : long.Parse(taken.AsString(), CultureInfo.InvariantCulture);
    });

    public Task<bool> Extend(string bucket, string holder, TimeSpan lasts, CancellationToken ct) => Named(async () =>
        (await redis.Evaluate(ExtendScript, [RedisKeys.Lease(bucket)], [holder, Milliseconds(lasts)], ct)).AsInt64() == 1);

    public Task GiveUp(string bucket, string holder, CancellationToken ct) => Named(async () => await redis.Evaluate(ExtendScript, [RedisKeys.Lease(bucket)], [holder, 0], ct));

    private static long Milliseconds(TimeSpan time) => (long)time.TotalMilliseconds;

    private static async Task<T> Named<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (RedisException fault)
        {
            throw new VexaException(Stage.Record, Party.Operator, "redis-unavailable", "Redis, which keeps the bucket's writer lease, does not answer.", "It is restarted by itself where vexa runs it; see: vexa status", fault) { Status = 503 };
        }
    }
}
