namespace Vexa.IntegrationTests.Drivers;

/// <summary>Polls with a bound, instead of sleeping.</summary>
internal static class Until
{
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(60);

    /// <param name="within">A minute, where what is waited for takes no longer of itself.</param>
    public static async Task<T> IsTrue<T>(Func<Task<T?>> look, TimeSpan? within = null) where T : class
    {
        var longest = within ?? Usual;
        var since = TimeProvider.System.GetTimestamp();
        while (true)
        {
            if (await look() is { } found)
                return found;

            Assert.True(TimeProvider.System.GetElapsedTime(since) < longest, $"It did not become so within {longest.TotalSeconds} s.");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }
}
