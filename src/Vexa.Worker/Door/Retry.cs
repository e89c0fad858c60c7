namespace Vexa.Worker.Door;

/// <summary>The one retry policy of the worker: while the door is unavailable, 50 ms to 2 s apart, until patience ends.</summary>
internal static class Retry
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    /// <exception cref="DoorUnavailableException">It was still unavailable when patience ended.</exception>
    public static async Task<T> WhileUnavailable<T>(
        Func<CancellationToken, Task<T>> attempt, TimeSpan patience, TimeProvider clock, CancellationToken cancellation,
        Func<Task>? onFirstFailure = null)
    {
        var began = clock.GetTimestamp();
        for (var pause = TimeSpan.FromMilliseconds(50); ; pause = pause < Longest / 2 ? pause * 2 : Longest)
        {
            try
            {
                return await attempt(cancellation);
            }
            catch (DoorUnavailableException) when (clock.GetElapsedTime(began) < patience)
            {
                if (onFirstFailure is not null)
                    await onFirstFailure();
                onFirstFailure = null;
            }

            await Task.Delay(pause, clock, cancellation);
        }
    }
}
