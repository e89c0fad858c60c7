using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Vexa.Workspaces;

/// <summary>The few system calls that .NET has no name for. All failures are <see cref="IOException"/> with the errno as HResult.</summary>
internal static partial class Posix
{
    private const int OpenReadWriteCreate = 0x42;
    private const int OpenReadOnly = 0;
    private const int OpenCloseOnExec = 0x80000;
    private const int OwnerOnly = 0x180;
    private const int LockShared = 1;
    private const int LockExclusive = 2;
    private const int LockNonBlocking = 4;
    private const int LockNone = 8;
    private const int LimitAddressSpace = 9;
    private const int Eintr = 4;
    private const int Eagain = 11;

    /// <summary>Opens, or makes, a file that only serves as a lock; the end of the process gives the lock up, however it ends.</summary>
    public static SafeFileHandle OpenLockFile(string path) => Open(path, OpenReadWriteCreate);

    /// <summary>Takes or changes the lock without waiting; false where another handle is in the way.</summary>
    public static bool TryLock(SafeFileHandle file, LockKind kind)
    {
        if (FileLock(file, (kind == LockKind.Exclusive ? LockExclusive : LockShared) | LockNonBlocking) == 0)
            return true;

        return Marshal.GetLastPInvokeError() == Eagain ? false : throw Fault();
    }

    /// <summary>Gives the lock up, also where a child that is just being started still has a copy of the handle.</summary>
    public static void Unlock(SafeFileHandle file)
    {
        _ = FileLock(file, LockNone);
        file.Dispose();
    }

    /// <summary>Waits until nobody else has locked the folder, and locks it as long as the handle is open. Only for what takes no time.</summary>
    public static SafeFileHandle LockFolder(string path)
    {
        var folder = Open(path, OpenReadOnly);
        while (FileLock(folder, LockExclusive) != 0)
            if (Marshal.GetLastPInvokeError() != Eintr)
            {
                var fault = Fault();
                folder.Dispose();
                throw fault;
            }

        return folder;
    }

    /// <summary>Makes the names in a folder durable.</summary>
    public static void SyncFolder(string path)
    {
        using var folder = Open(path, OpenReadOnly);
        if (Sync(folder) != 0)
            throw Fault();
    }

    public static uint EffectiveUser() => EffectiveUserId();

    /// <summary>The user that owns an open file.</summary>
    public static unsafe uint OwnerOf(SafeFileHandle file)
    {
        const int ofHandle = 0x1000, uidOnly = 0x8;
        const int uidOffset = 20; // struct statx is the same on every processor
        var result = stackalloc byte[256];
        return StatX(file, "", ofHandle, uidOnly, result) == 0 ? *(uint*)(result + uidOffset) : throw Fault();
    }

    /// <summary>Bounds the memory of a process that runs already.</summary>
    public static void LimitMemory(int pid, long bytes)
    {
        var limit = new ResourceLimit { Soft = (ulong)bytes, Hard = (ulong)bytes };
        // ESRCH only: the process has ended, and then there is nothing to bound.
        _ = ProcessLimit(pid, LimitAddressSpace, in limit, nint.Zero);
    }

    private static SafeFileHandle Open(string path, int flags)
    {
        var handle = OpenFile(path, flags | OpenCloseOnExec, OwnerOnly);
        return handle.IsInvalid ? throw Fault() : handle;
    }

    private static IOException Fault()
    {
        var errno = Marshal.GetLastPInvokeError();
        return new IOException(new Win32Exception(errno).Message, errno);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle OpenFile(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int FileLock(SafeFileHandle file, int operation);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "prlimit64", SetLastError = true)]
    private static partial int ProcessLimit(int pid, int resource, in ResourceLimit limit, nint old);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUserId();

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int StatX(SafeFileHandle folder, string path, int flags, uint mask, byte* result);

    private struct ResourceLimit
    {
        public ulong Soft;
        public ulong Hard;
    }
}

internal enum LockKind { Shared, Exclusive }
