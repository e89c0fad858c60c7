using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>A file of secrets, line by line: nobody but its owner may read it, and its owner is us.</summary>
internal static class SecretFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int Longest = 64 * 1024;

    /// <summary>Its lines without comments (<c>#</c>) and empty ones; null where there is no such file.</summary>
    /// <exception cref="VexaException"><c>key-file</c>: others may read it, or nobody can.</exception>
    public static IReadOnlyList<string>? TryRead(string path)
    {
        try
        {
            using var file = File.OpenHandle(path);
            if (Posix.OwnerOf(file) != Posix.EffectiveUser())
                throw SealingFailures.Open(path, "it belongs to another user", $"Run: chown {Environment.UserName} {path}");
            if ((File.GetUnixFileMode(file) & ~OwnerOnly) != 0)
                throw SealingFailures.Open(path, "others may read it", $"Run: chmod 600 {path}");

            var bytes = new byte[Longest + 1];
            try
            {
                var length = RandomAccess.Read(file, bytes, 0);
                if (length > Longest)
                    throw TooLong(path);

                var text = System.Text.Encoding.UTF8.GetString(bytes.AsSpan(0, length));
                return [.. text.Split('\n').Select(line => line.TrimEnd('\r')).Where(line => line.Length > 0 && line[0] != '#')];
            }
            finally
            {
                CryptographicOperations.ZeroMemory(bytes);
            }
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception fault) when (BucketFailure.IsStorage(fault))
        {
            throw SealingFailures.Unusable(path, "it cannot be read", "Look at the file and its folder; the log has the cause.", fault);
        }
    }

    /// <summary>Makes the file, whole or not at all; where it is there already, it stays as it is.</summary>
    /// <exception cref="VexaException"><c>key-file</c>.</exception>
    public static void Create(string path, IEnumerable<string> lines) => Write(path, lines, temporary =>
    {
        try
        {
            File.Move(temporary, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another process was faster: its file is as good.
        }
    });

    /// <summary>Replaces the file by what is made of it: the old one or the new one is there at any time, and what another process makes of it is not lost.</summary>
    /// <param name="change">Is given what <see cref="TryRead"/> gives.</param>
    /// <exception cref="VexaException"><c>key-file</c>.</exception>
    public static void Rewrite(string path, Func<IReadOnlyList<string>?, IEnumerable<string>> change)
    {
        using var locked = LockFolder(path);
        Write(path, change(TryRead(path)), temporary => File.Move(temporary, path, overwrite: true));
    }

    // The folder stands for the file, which is another one each time; the lock goes with the handle.
    private static SafeFileHandle LockFolder(string path)
    {
        try
        {
            return Posix.LockFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
        catch (IOException fault)
        {
            throw SealingFailures.Unusable(path, "its folder cannot be locked", "Look at the folder; the log has the cause.", fault);
        }
    }

    private static void Write(string path, IEnumerable<string> lines, Action<string> moveIntoPlace)
    {
        var content = System.Text.Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n")));
        if (content.Length > Longest)
            throw TooLong(path);

        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
            Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
            using (var file = new FileStream(temporary, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }))
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }

            moveIntoPlace(temporary);
            Posix.SyncFolder(folder);
        }
        catch (Exception fault) when (BucketFailure.IsStorage(fault))
        {
            throw SealingFailures.Unusable(path, "it cannot be written", "Look at its folder; the log has the cause.", fault);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static VexaException TooLong(string path) =>
        SealingFailures.Unusable(path, $"more than {Longest / 1024} KiB are not read", "Take the oldest lines out of it: those that no backup needs any more.");
}
