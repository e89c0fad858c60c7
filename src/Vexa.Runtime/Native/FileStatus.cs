using System.Runtime.InteropServices;

namespace Vexa.Runtime.Native;

/// <summary>What the kernel knows of a file, a symbolic link itself rather than what it leads to: <c>statx(2)</c>.</summary>
/// <param name="Device">With <paramref name="Inode"/>, which file it is, whatever its name.</param>
/// <param name="Links">How many names it has.</param>
internal readonly partial record struct FileStatus(FileKind Kind, UnixFileMode Mode, int Uid, int Gid, ulong Device, ulong Inode, uint Links, long ModifiedAt)
{
    private const int CurrentFolder = -100;
    private const int NoFollow = 0x100;
    private const uint BasicStats = 0x7ff;

    public static unsafe FileStatus Of(string path)
    {
        StatX status;
        if (StatXRaw(CurrentFolder, path, NoFollow, BasicStats, &status) < 0)
            throw new IOException($"statx {path}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");

        return new FileStatus((FileKind)(status.Mode >> 12), (UnixFileMode)(status.Mode & 0xfff), (int)status.Uid, (int)status.Gid,
            (ulong)status.DeviceMajor << 32 | status.DeviceMinor, status.Inode, status.Links, status.ModifiedSeconds);
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int StatXRaw(int folder, string path, int flags, uint mask, StatX* status);

    // struct statx: the same on every architecture, unlike struct stat.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct StatX
    {
        [FieldOffset(16)] public uint Links;
        [FieldOffset(20)] public uint Uid;
        [FieldOffset(24)] public uint Gid;
        [FieldOffset(28)] public ushort Mode;
        [FieldOffset(32)] public ulong Inode;
        [FieldOffset(112)] public long ModifiedSeconds;
        [FieldOffset(136)] public uint DeviceMajor;
        [FieldOffset(140)] public uint DeviceMinor;
    }
}

/// <summary>The type bits of a mode.</summary>
internal enum FileKind
{
    Fifo = 1,
    CharacterDevice = 2,
    Folder = 4,
    BlockDevice = 6,
    File = 8,
    SymbolicLink = 10,
    Socket = 12,
}
