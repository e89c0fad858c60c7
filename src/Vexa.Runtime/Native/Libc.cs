using System.Runtime.InteropServices;

namespace Vexa.Runtime.Native;

/// <summary>The system calls that .NET has no name for. Every failure is an <see cref="IOException"/> that names call, path and errno.</summary>
internal static partial class Libc
{
    public const int SigTerm = 15;
    public const int SigKill = 9;

    // The same on x86-64 and arm64.
    private const int SysPidfdSendSignal = 424;
    private const int SysPidfdOpen = 434;

    private const int PrSetChildSubreaper = 36;
    private const int WaitByPidfd = 3;
    private const int WaitNoHang = 1;
    private const int WaitExited = 4;
    private const int CldExited = 1;

    // siginfo_t of SIGCHLD as 32-bit words: signo, errno, code, padding, pid, uid, status.
    private const int SiCode = 2;
    private const int SiPid = 4;
    private const int SiStatus = 6;

    private const int NoSuchProcess = 3;
    private const int Interrupted = 4;
    private const int NoChild = 10;
    private const int AgainLater = 11;

    /// <summary>Orphans below this process become its children, so that it can collect the exit codes of detached containers.</summary>
    public static void BecomeSubreaper() => Check(Prctl(PrSetChildSubreaper, 1, 0, 0, 0), "prctl", "subreaper");

    public static uint EffectiveUser() => GetEuid();

    /// <summary>Modes of new files come out as they are asked for, whatever the umask of whoever started this.</summary>
    public static void UsePlainUmask() => _ = UmaskRaw(0x12); // 022

    public static void Mount(string? source, string target, string? type, MountFlags flags, string? data) =>
        Check(MountRaw(source, target, type, (nuint)flags, data), "mount", target);

    /// <summary>Unmounts; lazily, so that it never waits for a process that still looks in.</summary>
    public static void Unmount(string target) => Check(Umount2(target, flags: 2), "umount", target);

    public static void ChangeOwner(string path, int uid, int gid) => Check(Lchown(path, uid, gid), "chown", path);

    /// <summary>The path without any symbolic link in it; it has to exist.</summary>
    public static unsafe string RealPath(string path)
    {
        const int LongestPath = 4096;
        var resolved = stackalloc byte[LongestPath];
        return RealPathRaw(path, resolved) is not null ? Marshal.PtrToStringUTF8((nint)resolved)! : throw Failure("realpath", path);
    }

    public static void MakeFifo(string path, int mode) => Check(MkFifo(path, mode), "mkfifo", path);

    /// <summary>Opens both ends of a FIFO, so that it never reports a hang-up; reads do not block.</summary>
    public static int OpenFifo(string path)
    {
        const int ReadWrite = 2, NonBlocking = 0x800, CloseOnExec = 0x80000;
        var fd = OpenRaw(path, ReadWrite | NonBlocking | CloseOnExec, 0);
        Check(fd, "open", path);
        return fd;
    }

    /// <summary>A handle on a process that no other process can come to mean; null where it is gone.</summary>
    public static int? OpenPidfd(int pid)
    {
        var fd = (int)Syscall(SysPidfdOpen, pid, 0, 0, 0);
        if (fd >= 0)
            return fd;

        if (Marshal.GetLastPInvokeError() == NoSuchProcess)
            return null;

        throw Failure("pidfd_open", $"pid {pid}");
    }

    /// <summary>Signals a process; one that is gone already is no failure.</summary>
    public static void SendSignal(int pidfd, int signal)
    {
        if (Syscall(SysPidfdSendSignal, pidfd, signal, 0, 0) < 0 && Marshal.GetLastPInvokeError() != NoSuchProcess)
            throw Failure("pidfd_send_signal", $"signal {signal}");
    }

    /// <summary>Collects an ended child: its exit code as a shell counts it (128 + signal). Null where it is nobody's child of ours.</summary>
    public static unsafe int? Reap(int pidfd)
    {
        var info = stackalloc int[32];
        while (true)
        {
            new Span<int>(info, 32).Clear();
            if (WaitId(WaitByPidfd, pidfd, info, WaitExited | WaitNoHang) == 0)
                return info[SiPid] == 0 ? null : info[SiCode] == CldExited ? info[SiStatus] : 128 + info[SiStatus];

            switch (Marshal.GetLastPInvokeError())
            {
                case Interrupted: continue;
                case NoChild: return null;
                default: throw Failure("waitid", "pidfd");
            }
        }
    }

    public static int EventFd()
    {
        const int NonBlocking = 0x800, CloseOnExec = 0x80000;
        var fd = EventFdRaw(0, NonBlocking | CloseOnExec);
        Check(fd, "eventfd", "");
        return fd;
    }

    /// <summary>Reads what is there now; 0 where nothing is.</summary>
    public static unsafe int ReadAvailable(int fd, Span<byte> into)
    {
        fixed (byte* buffer = into)
        {
            var read = ReadRaw(fd, buffer, (nuint)into.Length);
            if (read >= 0)
                return (int)read;

            return Marshal.GetLastPInvokeError() is AgainLater or Interrupted ? 0 : throw Failure("read", $"fd {fd}");
        }
    }

    public static unsafe void Wake(int eventFd)
    {
        ulong one = 1;
        _ = WriteRaw(eventFd, (byte*)&one, 8);
    }

    /// <summary>Waits without end until one of them has something to say.</summary>
    public static unsafe void Poll(Span<PollFd> fds)
    {
        fixed (PollFd* first = fds)
            if (PollRaw(first, (nuint)fds.Length, -1) < 0 && Marshal.GetLastPInvokeError() != Interrupted)
                throw Failure("poll", $"{fds.Length} descriptors");
    }

    public static void Close(int fd) => _ = CloseRaw(fd);

    private static void Check(int result, string call, string subject)
    {
        if (result < 0)
            throw Failure(call, subject);
    }

    private static IOException Failure(string call, string subject)
    {
        var errno = Marshal.GetLastPInvokeError();
        return new IOException($"{call} {subject}: {Marshal.GetPInvokeErrorMessage(errno)}", errno);
    }

    [LibraryImport("libc", EntryPoint = "umask")]
    private static partial uint UmaskRaw(uint mask);

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MountRaw(string? source, string target, string? type, nuint flags, string? data);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Umount2(string target, int flags);

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Lchown(string path, int uid, int gid);

    [LibraryImport("libc", EntryPoint = "realpath", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial byte* RealPathRaw(string path, byte* resolved);

    [LibraryImport("libc", EntryPoint = "mkfifo", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MkFifo(string path, int mode);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenRaw(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int Prctl(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEuid();

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Syscall(nint number, nint a, nint b, nint c, nint d);

    [LibraryImport("libc", EntryPoint = "waitid", SetLastError = true)]
    private static unsafe partial int WaitId(int kind, int id, int* info, int options);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial int EventFdRaw(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static unsafe partial int PollRaw(PollFd* fds, nuint count, int timeoutMs);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static unsafe partial nint ReadRaw(int fd, byte* into, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static unsafe partial nint WriteRaw(int fd, byte* from, nuint count);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int CloseRaw(int fd);
}

/// <summary><c>struct pollfd</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollFd
{
    public const short Readable = 1;

    public int Fd;
    public short Events;
    public short Returned;
}

[Flags]
internal enum MountFlags : uint
{
    None = 0,
    ReadOnly = 1,
    NoSuid = 2,
    NoDev = 4,
    NoExec = 8,
}
