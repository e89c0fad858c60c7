using Vexa.IntegrationTests.Drivers;

[assembly: AssemblyFixture(typeof(SharedDocker))]

namespace Vexa.IntegrationTests.Drivers;

/// <summary>One engine for all tests that do not break it, started by the first that asks for it.</summary>
public sealed class SharedDocker : IAsyncDisposable
{
    private static readonly SemaphoreSlim Starting = new(1);
    private static RunningDocker? _engine;

    internal static async Task<RunningDocker> Get()
    {
        await Starting.WaitAsync();
        try
        {
            return _engine ??= await RunningDocker.Start();
        }
        finally
        {
            Starting.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_engine is not null)
            await _engine.DisposeAsync();
    }
}
