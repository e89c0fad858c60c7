using Vexa.Contracts;
using Vexa.Redis;

namespace Vexa.Streams;

/// <summary>Tells an outage of Redis as the failure it is for the caller.</summary>
internal static class Outage
{
    public const string Rule = "redis-unavailable";

    public static async Task<T> Named<T>(Func<ValueTask<T>> call)
    {
        try
        {
            return await call();
        }
        catch (RedisException outage) when (IsOutage(outage))
        {
            throw Failure(outage);
        }
    }

    public static async Task<T> Named<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (RedisException outage) when (IsOutage(outage))
        {
            throw Failure(outage);
        }
    }

    // A server that is there but cannot write (disk full, memory full, a replica, still loading) is as good as away.
    private static bool IsOutage(RedisException fault) =>
        fault is RedisUnavailableException or RedisReplyException { Code: "MISCONF" or "OOM" or "READONLY" or "LOADING" };

    private static VexaException Failure(RedisException outage) => new(Stage.Stream, Party.Operator, Rule,
        "The stream store (Redis) does not answer.", "It is restarted by itself where vexa runs it; see: vexa status", outage) { Status = 503 };
}
