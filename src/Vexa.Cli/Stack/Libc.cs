using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Vexa.Cli.Stack;

/// <summary>The few calls that .NET has no name for.</summary>
internal static partial class Libc
{
    public const int SigTerm = 15;
    public const int SigKill = 9;

    /// <summary>Sends a signal; a process that is gone already is no fault.</summary>
    public static void Kill(int pid, int signal)
    {
        const int noSuchProcess = 3;
        if (kill(pid, signal) != 0 && Marshal.GetLastPInvokeError() is var error and not noSuchProcess)
            throw new Win32Exception(error);
    }

    public static uint EffectiveUser() => geteuid();

    /// <summary>Becomes another program, in place of this one. Returns only by a failure.</summary>
    public static void Execute(IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment)
    {
        string?[] arguments = [.. command, null];
        string?[] variables = [.. environment.Select(variable => $"{variable.Key}={variable.Value}"), null];
        _ = execve(command[0], arguments, variables);
        throw new Win32Exception(Marshal.GetLastPInvokeError(), $"{command[0]} cannot be run");
    }

    public static int ParentProcess() => getppid();

    /// <summary>The user that owns a path itself, not what it may link to; null where there is nothing.</summary>
    public static unsafe uint? OwnerOf(string path)
    {
        const int currentFolder = -100, dontFollow = 0x100, uidOnly = 0x8;
        const int uidOffset = 20; // struct statx is the same on every processor
        var statx = stackalloc byte[256];
        return Libc.statx(currentFolder, path, dontFollow, uidOnly, statx) == 0 ? *(uint*)(statx + uidOffset) : null;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int execve(string path, string?[] arguments, string?[] environment);

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc")]
    private static partial int getppid();

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int statx(int folder, string path, int flags, uint mask, byte* result);
}
