using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Vexa.Workspaces;

/// <summary>
/// A bucket in a folder, which any number of processes may use at once. An object is written to a temporary file, synced, and renamed
/// into place under a lock of its key; the ETag is the SHA-256 of the content.
/// </summary>
/// <remarks>
/// Locks are <c>flock</c> on a fixed set of files that are never removed, so a crash leaves no lock behind and no lock can be taken on a
/// file that is no longer there. Writers share the lock on <c>.tmp</c>; whoever gets it alone knows that every temporary file is a leftover.
/// </remarks>
public sealed class FolderBucket : IBucket
{
    private const int Stripes = 64;
    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LockPoll = TimeSpan.FromMilliseconds(2);

    private readonly string _root;
    private readonly string _locks;
    private readonly string _temporary;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim[] _stripes = [.. Enumerable.Range(0, Stripes).Select(_ => new SemaphoreSlim(1, 1))];

    /// <exception cref="Contracts.VexaException">The folder cannot be made or written.</exception>
    public FolderBucket(string folder, TimeProvider? time = null) : this(Path.GetFullPath(folder), time ?? TimeProvider.System, locks: ".locks")
    {
        try
        {
            foreach (var made in (string[])[_root, _locks, _temporary])
                Directory.CreateDirectory(made, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

            Sweep();
        }
        catch (Exception fault) when (BucketFailure.IsStorage(fault))
        {
            throw BucketFailure.From(fault, "");
        }
    }

    private FolderBucket(string root, TimeProvider time, string locks) =>
        (_root, _locks, _temporary, _time) = (root, Path.Combine(root, locks), Path.Combine(root, ".tmp"), time);

    /// <summary>One that is only read, and lies where nobody may write: nothing is made there.</summary>
    internal static FolderBucket OpenForReading(string folder, TimeProvider time) => new(Path.GetFullPath(folder), time, locks: ".locks");

    public async Task<BucketObject?> Get(string key, CancellationToken ct)
    {
        using var content = new MemoryStream();
        if (!await CopyTo(key, content, ct))
            return null;

        var bytes = content.ToArray();
        return new BucketObject(bytes, Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    public async Task<bool> CopyTo(string key, Stream destination, CancellationToken ct)
    {
        if (OpenRead(key) is not { } file)
            return false;

        await using (file)
        {
            // Only the reading is the bucket's: a fault of the destination belongs to its owner.
            var buffer = new byte[128 * 1024];
            while (await Named(key, async () => await file.ReadAsync(buffer, ct)) is > 0 and var read)
                await destination.WriteAsync(buffer.AsMemory(0, read), ct);
        }

        return true;
    }

    public async Task<string?> Put(string key, Stream content, PutCondition condition, CancellationToken ct)
    {
        BucketKey.Check(key);
        return await Named(key, async () =>
        {
            var writing = await Lock(WritersLock, LockKind.Shared, ct);
            var temporary = Path.Combine(_temporary, Guid.NewGuid().ToString("N"));
            try
            {
                var etag = await Write(temporary, content, ct);
                return await PutInPlace(key, temporary, condition, ct) ? etag : null;
            }
            finally
            {
                File.Delete(temporary);
                Posix.Unlock(writing);
            }
        });
    }

    public Task<IReadOnlyList<string>> List(string prefix, CancellationToken ct)
    {
        BucketKey.CheckPrefix(prefix);
        return Named(prefix, () =>
        {
            var folder = Path.Combine(_root, prefix[..(prefix.LastIndexOf('/') + 1)]);
            if (!Directory.Exists(folder))
                return Task.FromResult<IReadOnlyList<string>>([]);

            var keys = Directory.EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None })
                .Select(path => Path.GetRelativePath(_root, path))
                .Where(key => key[0] != '.' && key.StartsWith(prefix, StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
                .ToList();
            ct.ThrowIfCancellationRequested();
            return Task.FromResult<IReadOnlyList<string>>(keys);
        });
    }

    public async Task Delete(string key, CancellationToken ct)
    {
        BucketKey.Check(key);
        _ = await Named(key, async () =>
        {
            await using var locked = await LockKey(key, ct);
            var path = PathOf(key);
            if (File.Exists(path))
            {
                File.Delete(path);
                Posix.SyncFolder(Path.GetDirectoryName(path)!);
            }

            return true;
        });
    }

    private string WritersLock => Path.Combine(_locks, "writers");

    private string PathOf(string key) => Path.Combine(_root, key);

    private void Sweep()
    {
        var alone = Posix.OpenLockFile(WritersLock);
        if (Posix.TryLock(alone, LockKind.Exclusive))
            // By our own kind of name alone: a person may have named a folder that is no bucket, and has a .tmp of its own.
            foreach (var leftover in Directory.EnumerateFiles(_temporary).Where(path => Guid.TryParseExact(Path.GetFileName(path), "N", out _)))
                File.Delete(leftover);

        Posix.Unlock(alone);
    }

    private FileStream? OpenRead(string key)
    {
        BucketKey.Check(key);
        try
        {
            return Directory.Exists(PathOf(key)) ? null : new FileStream(PathOf(key), Reading);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception fault) when (BucketFailure.IsStorage(fault))
        {
            throw BucketFailure.From(fault, key);
        }
    }

    private static async Task<string> Write(string path, Stream content, CancellationToken ct)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        var buffer = new byte[128 * 1024];
        while (await content.ReadAsync(buffer, ct) is > 0 and var read)
        {
            hash.AppendData(buffer, 0, read);
            await file.WriteAsync(buffer.AsMemory(0, read), ct);
        }

        file.Flush(flushToDisk: true);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private async Task<bool> PutInPlace(string key, string temporary, PutCondition condition, CancellationToken ct)
    {
        await using var locked = await LockKey(key, ct);
        if (!await Holds(condition, key, ct))
            return false;

        var path = PathOf(key);
        MakeFolder(Path.GetDirectoryName(path)!);
        File.Move(temporary, path, overwrite: true);
        Posix.SyncFolder(Path.GetDirectoryName(path)!);
        return true;
    }

    private async Task<bool> Holds(PutCondition condition, string key, CancellationToken ct) => condition switch
    {
        { IsCreateOnly: true } => !File.Exists(PathOf(key)),
        { ETag: { } expected } => (await Get(key, ct))?.ETag == expected,
        _ => true,
    };

    private static void MakeFolder(string folder)
    {
        if (Directory.Exists(folder))
            return;

        var parent = Path.GetDirectoryName(folder)!;
        MakeFolder(parent);
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Posix.SyncFolder(parent);
    }

    private async Task<KeyLock> LockKey(string key, CancellationToken ct)
    {
        var stripe = SHA256.HashData(Encoding.ASCII.GetBytes(key))[0] % Stripes;
        await _stripes[stripe].WaitAsync(ct);
        try
        {
            return new KeyLock(_stripes[stripe], await Lock(Path.Combine(_locks, $"{stripe:x2}"), LockKind.Exclusive, ct));
        }
        catch
        {
            _stripes[stripe].Release();
            throw;
        }
    }

    // Only another process is ever waited for here, so polling is rare; a process that was stopped must not stop us for ever.
    private async Task<SafeFileHandle> Lock(string path, LockKind kind, CancellationToken ct)
    {
        var file = Posix.OpenLockFile(path);
        try
        {
            for (var started = _time.GetTimestamp(); !Posix.TryLock(file, kind); await Task.Delay(LockPoll, _time, ct))
                if (_time.GetElapsedTime(started) > LockPatience)
                    throw new IOException($"The lock {path} was not free for {LockPatience.TotalSeconds:0} s.");

            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static async Task<T> Named<T>(string key, Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception fault) when (BucketFailure.IsStorage(fault))
        {
            throw BucketFailure.From(fault, key);
        }
    }

    private static readonly FileStreamOptions Reading = new()
    {
        Mode = FileMode.Open,
        Access = FileAccess.Read,
        Share = FileShare.ReadWrite | FileShare.Delete,
        BufferSize = 0,
        Options = FileOptions.SequentialScan,
    };

    private readonly struct KeyLock(SemaphoreSlim stripe, SafeFileHandle file) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            Posix.Unlock(file);
            stripe.Release();
            return ValueTask.CompletedTask;
        }
    }
}
