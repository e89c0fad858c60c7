using Microsoft.Win32.SafeHandles;

namespace Vexa.Workspaces;

/// <summary>Where quarantines lie. Whoever comes first removes what a crash left; the lock tells whether somebody else is at work there.</summary>
internal sealed class IncomingFolder : IDisposable
{
    private readonly SafeFileHandle _lock;
    private readonly string _folder;

    public IncomingFolder(string cacheFolder)
    {
        _folder = Path.Combine(Path.GetFullPath(cacheFolder), ".incoming");
        Directory.CreateDirectory(_folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _lock = Posix.OpenLockFile(Path.Combine(_folder, "lock"));
        if (Posix.TryLock(_lock, LockKind.Exclusive))
            foreach (var leftover in Directory.EnumerateDirectories(_folder))
                Directory.Delete(leftover, recursive: true);

        Posix.TryLock(_lock, LockKind.Shared);
    }

    public Quarantine NewQuarantine() => new(_folder);

    public void Dispose() => Posix.Unlock(_lock);
}
