using Vexa.IntegrationTests.Drivers;

[assembly: AssemblyFixture(typeof(SharedCeph))]

namespace Vexa.IntegrationTests.Drivers;

/// <summary>One S3 server of each kind for all tests, each started by the first that asks for it, with one bucket.</summary>
public sealed class SharedCeph : IAsyncDisposable
{
    public const string Bucket = "vexa-tests";

    private static readonly SemaphoreSlim Starting = new(1);
    private static CephServer? _withConditions;
    private static CephServer? _withoutConditions;

    internal static async Task<CephServer> WithConditions() => await Once(async () => _withConditions ??= await Prepare(CephServer.StartWithConditions()));

    internal static async Task<CephServer> WithoutConditions() => await Once(async () => _withoutConditions ??= await Prepare(CephServer.StartWithoutConditions()));

    public async ValueTask DisposeAsync()
    {
        foreach (var server in (CephServer?[])[_withConditions, _withoutConditions])
            if (server is not null)
                await server.DisposeAsync();
    }

    private static async Task<CephServer> Prepare(Task<CephServer> starting)
    {
        var server = await starting;
        await server.MakeBucket(Bucket);
        return server;
    }

    private static async Task<CephServer> Once(Func<Task<CephServer>> start)
    {
        await Starting.WaitAsync();
        try
        {
            return await start();
        }
        finally
        {
            Starting.Release();
        }
    }
}
