using Vexa.IntegrationTests.Drivers;

[assembly: AssemblyFixture(typeof(SharedCeph))]

namespace Vexa.IntegrationTests.Drivers;

/// <summary>One S3 server of each kind for all tests, each started by the first that asks for it, with one bucket.</summary>
public sealed class SharedCeph : IAsyncDisposable
{
    public const string Bucket = "vexa-tests";

    private static readonly SemaphoreSlim Starting = new(1);

    // Also a start that failed is remembered: each test would wait for minutes to hear the same.
    private static readonly Lazy<Task<CephServer>> Obedient = new(() => Prepare(CephServer.StartWithConditions));
    private static readonly Lazy<Task<CephServer>> Heedless = new(() => Prepare(CephServer.StartWithoutConditions));

    internal static Task<CephServer> WithConditions() => Obedient.Value;

    internal static Task<CephServer> WithoutConditions() => Heedless.Value;

    public async ValueTask DisposeAsync()
    {
        foreach (var server in (Lazy<Task<CephServer>>[])[Obedient, Heedless])
            if (server.IsValueCreated)
            {
                await ((Task)server.Value).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (server.Value.IsCompletedSuccessfully)
                    await (await server.Value).DisposeAsync();
            }
    }

    // One after the other: each has enough to do.
    private static async Task<CephServer> Prepare(Func<Task<CephServer>> start)
    {
        await Starting.WaitAsync();
        try
        {
            var server = await start();
            try
            {
                await server.MakeBucket(Bucket);
                return server;
            }
            catch
            {
                await server.DisposeAsync();
                throw;
            }
        }
        finally
        {
            Starting.Release();
        }
    }
}
