using Vexa.Contracts;
using Vexa.Redis;

namespace Vexa.Streams;

/// <summary>
/// Tells an outage of Redis as the failure it is for the caller: all of them are the operator's, end by themselves or by the mend they
/// name, and leave what is stored as it was, so that whoever can wait tries again.
/// </summary>
internal static class Outage
{
    private const string Away = "redis-unavailable";
    private const string MemoryFull = "redis-full";
    private const string DiskFails = "redis-disk";

    /// <summary>Whether a failure is an outage that <see cref="Named{T}(Func{ValueTask{T}})"/> told.</summary>
    public static bool Is(VexaException failure) => failure.Rule is Away or MemoryFull or DiskFails;

    public static async Task<T> Named<T>(Func<ValueTask<T>> call)
    {
        try
        {
            return await call();
        }
        catch (RedisException fault) when (Find(fault) is { } outage)
        {
            throw outage;
        }
    }

    public static async Task<T> Named<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (RedisException fault) when (Find(fault) is { } outage)
        {
            throw outage;
        }
    }

    private static VexaException? Find(RedisException fault) => fault switch
    {
        RedisReplyException { Code: "OOM" } => new(Stage.Stream, Party.Operator, MemoryFull,
            "The stream store (Redis) has used up the memory that it may use, so it takes nothing new.",
            "Raise VEXA_REDIS_MEMORY, or end runs: each makes room within an hour of its end.", fault)
        { Status = 503 },
        RedisReplyException { Code: "MISCONF" } => new(Stage.Stream, Party.Operator, DiskFails,
            "The stream store (Redis) cannot write to its disk, so it takes nothing new.",
            "Free space where the data folder lies; it goes on by itself.", fault)
        { Status = 503 },
        // A server that is there but cannot serve (a replica, still loading) is as good as away.
        RedisUnavailableException or RedisReplyException { Code: "READONLY" or "LOADING" } => new(Stage.Stream, Party.Operator, Away,
            "The stream store (Redis) does not answer.", "It is restarted by itself where vexa runs it; see: vexa status", fault)
        { Status = 503 },
        _ => null,
    };
}
