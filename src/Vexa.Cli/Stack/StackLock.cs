namespace Vexa.Cli.Stack;

/// <summary>Held by the one supervisor of a data folder, or by the one command that may do something. The kernel lets go of it when the process ends, however it ends.</summary>
internal sealed class StackLock : IDisposable
{
    private readonly FileStream _file;

    private StackLock(FileStream file) => _file = file;

    /// <summary>The lock, or null where another process holds it: really, not for the instant of a look.</summary>
    public static Task<StackLock?> Take(StackOptions options, TimeProvider time) => Take(options.LockFile, time);

    /// <summary>The same with another file, for something else that only one may do.</summary>
    public static async Task<StackLock?> Take(string path, TimeProvider time)
    {
        for (var i = 0; i < 25; i++)
        {
            if (TryTake(path) is { } taken)
                return taken;
            await Task.Delay(TimeSpan.FromMilliseconds(20), time);
        }

        return null;
    }

    private static StackLock? TryTake(string path)
    {
        try
        {
            return new StackLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }
    }

    public static bool IsHeld(StackOptions options) => IsHeld(options.LockFile);

    public static bool IsHeld(string path)
    {
        if (!File.Exists(path))
            return false;

        using var held = TryTake(path);
        return held is null;
    }

    public void Dispose() => _file.Dispose();
}
