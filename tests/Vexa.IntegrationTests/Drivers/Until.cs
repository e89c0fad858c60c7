namespace Vexa.IntegrationTests.Drivers;

/// <summary>Polls with a bound, instead of sleeping.</summary>
internal static class Until
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    public static async Task<T> IsTrue<T>(Func<Task<T?>> look) where T : class
    {
        var since = TimeProvider.System.GetTimestamp();
        while (true)
        {
            if (await look() is { } found)
                return found;

            Assert.True(TimeProvider.System.GetElapsedTime(since) < Longest, "It did not become so within a minute.");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }
}
