namespace Vexa.Cli.Stack;

/// <summary>Ends what a supervisor that was killed left running. Each process is named by pid and start time, so no other is hit.</summary>
internal static class Leftovers
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    /// <summary>Call only while holding the lock of the data folder, or when nobody does.</summary>
    /// <returns>Names of the roles that still ran.</returns>
    public static async Task<IReadOnlyList<string>> Clear(StackOptions options, TimeProvider time)
    {
        if (StackState.Read(options) is not { } state)
            return [];

        var alive = state.Roles.Where(role => role.Process is { IsAlive: true }).ToList();
        foreach (var role in alive)
            role.Process!.Signal(Libc.SigTerm);
        await Gone(alive, time);
        foreach (var role in alive)
            role.Process!.Signal(Libc.SigKill);
        await Gone(alive, time);
        File.Delete(options.StateFile);
        return [.. alive.Select(role => role.Name)];
    }

    private static async Task Gone(List<RoleState> roles, TimeProvider time)
    {
        var since = time.GetTimestamp();
        while (roles.Any(role => role.Process!.IsAlive) && time.GetElapsedTime(since) < Patience)
            await Task.Delay(Poll, time);
    }
}
