using Vexa.Cli.Stack;
using Vexa.IntegrationTests.Drivers;
using Vexa.Redis;

namespace Vexa.IntegrationTests.Cli;

public sealed class RedisHealthTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_redis_that_answers_but_takes_nothing_is_not_well_and_the_mend_is_told()
    {
        await using var server = await PrivateRedis.Start();
        await using var redis = server.Connect();
        var health = new RedisHealth(server.SocketPath);
        Assert.Null(await health.FindFault(Ct));

        await redis.Execute(RedisCommand.Of("CONFIG", "SET", "maxmemory", 1), Ct);
        var fault = await health.FindFault(Ct);
        Assert.Contains("memory", fault!.Message, StringComparison.Ordinal);
        Assert.Contains("VEXA_REDIS_MEMORY", fault.Mend, StringComparison.Ordinal);

        await server.Kill();
        Assert.NotNull(await health.FindFault(Ct));
    }
}
