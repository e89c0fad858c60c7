using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Vexa.Contracts;
using Vexa.Runtime.Native;

namespace Vexa.Runtime.Mounts;

/// <summary>A workspace at a commit.</summary>
internal readonly record struct SnapshotKey(WorkspaceId Workspace, string Commit);

/// <summary>
/// Immutable work trees, one for each (workspace, commit), made once however many dispatches ask at the same time, shared by all
/// of them, and kept for a while after the last one ended.
/// </summary>
internal sealed partial class Snapshots(RuntimeFolder folder, BundleSource source, RuntimeOptions options, ILogger<Snapshots> log)
{
    private const long MiB = 1024 * 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<SnapshotKey, Entry> _entries = [];
    private long _clock;

    /// <summary>Mounts the snapshots' tmpfs and finds what an earlier process of this role left in it.</summary>
    public void Open()
    {
        if (!MountTable.IsMountPoint(folder.Snapshots))
            Libc.Mount("vexa-snapshots", folder.Snapshots, "tmpfs", MountFlags.NoSuid | MountFlags.NoDev | MountFlags.NoExec,
                $"mode=711,size={options.SnapshotsMb}m");

        foreach (var workspace in Directory.EnumerateDirectories(folder.Snapshots))
        {
            foreach (var tree in Directory.EnumerateDirectories(workspace))
            {
                if (Id.TryParse<WorkspaceId>(Path.GetFileName(workspace), out var id) && IsCommit(Path.GetFileName(tree)))
                    _entries[new SnapshotKey(id, Path.GetFileName(tree))] = new Entry { Tree = Task.FromResult(tree) };
                else
                    Directory.Delete(tree, recursive: true); // cut short while it was made
            }
        }
    }

    /// <summary>Unmounts everything. No container may run any more.</summary>
    public void Close()
    {
        MountTable.UnmountAll(folder.Snapshots);
        lock (_lock)
            _entries.Clear();
    }

    /// <summary>The folder of a snapshot, which stays until it was released as often as it was taken.</summary>
    /// <exception cref="VexaException">Stage <see cref="Stage.WorkspaceOpen"/>.</exception>
    public async Task<string> Take(SnapshotKey key, string token, CancellationToken ct)
    {
        while (true)
        {
            Entry? entry;
            bool mine;
            lock (_lock)
            {
                mine = !_entries.TryGetValue(key, out entry);
                if (entry is null)
                    _entries[key] = entry = new Entry { Tree = Make(key, token, ct) };

                entry.Uses++;
            }

            try
            {
                return await entry.Tree.WaitAsync(ct);
            }
            catch (Exception fault)
            {
                Release(key, entry);
                // Another dispatch made it and failed, perhaps only because it was cancelled: this one has a token of its own.
                if (mine || ct.IsCancellationRequested)
                    throw AsFailure(key, fault);
            }
        }
    }

    /// <summary>Counts a use without making anything: for a container that was adopted.</summary>
    public void TakeAgain(SnapshotKey key)
    {
        lock (_lock)
            if (_entries.TryGetValue(key, out var entry))
                entry.Uses++;
    }

    public void Release(SnapshotKey key)
    {
        Entry? entry;
        lock (_lock)
            entry = _entries.GetValueOrDefault(key);

        if (entry is not null)
            Release(key, entry);
    }

    private void Release(SnapshotKey key, Entry entry)
    {
        var discarded = new List<string>();
        lock (_lock)
        {
            entry.Uses--;
            entry.LastUse = ++_clock;
            // A failed one makes room at once for the next attempt; whoever still waits for it releases this entry, not that one.
            if (entry.Tree is { IsCompleted: true, IsCompletedSuccessfully: false } && _entries.GetValueOrDefault(key) == entry)
                _entries.Remove(key);

            var unused = _entries.Where(e => e.Value is { Uses: 0, Tree.IsCompletedSuccessfully: true }).OrderByDescending(e => e.Value.LastUse);
            foreach (var old in unused.Skip(options.UnusedSnapshots).Select(e => e.Key).ToList())
            {
                _entries.Remove(old);
                // Inside the lock: the folder's name must be free before the same snapshot can be asked for again.
                discarded.Add(PutAside(old));
            }
        }

        // Outside it: a large tree takes its time, and every start on this node asks for a snapshot.
        foreach (var tree in discarded)
            Directory.Delete(tree, recursive: true);
    }

    public IReadOnlyList<SnapshotKey> Keys()
    {
        lock (_lock)
            return [.. _entries.Keys];
    }

    private async Task<string> Make(SnapshotKey key, string token, CancellationToken ct)
    {
        await Task.Yield(); // the caller holds the lock
        var target = Folder(key);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!, PassThrough);
        var temporary = $"{Path.GetDirectoryName(target)}/.{RandomNumberGenerator.GetHexString(16, lowercase: true)}";
        try
        {
            await using (var bundle = await source.Open(key.Workspace, key.Commit, token, ct))
                await Checkout.Make(temporary, bundle, key.Commit, options.SnapshotsMb * MiB, ct);

            Directory.Move(temporary, target);
            Made(key.Workspace, key.Commit);
            return target;
        }
        catch
        {
            if (Directory.Exists(temporary))
                Directory.Delete(temporary, recursive: true);
            throw;
        }
    }

    private string PutAside(SnapshotKey key)
    {
        var aside = $"{Path.GetDirectoryName(Folder(key))}/.{RandomNumberGenerator.GetHexString(16, lowercase: true)}";
        Directory.Move(Folder(key), aside);
        return aside;
    }

    private string Folder(SnapshotKey key) => Path.Combine(folder.Snapshots, key.Workspace.Value, key.Commit);

    internal static bool IsCommit(string text) => text.Length == 40 && text.All(char.IsAsciiHexDigitLower);

    private static Exception AsFailure(SnapshotKey key, Exception fault) => fault switch
    {
        VexaException or OperationCanceledException => fault,
        InvalidDataException or EndOfStreamException => Failed(key, fault, "control sent something that is not this commit", "The cause is in the log: vexa logs"),
        TimeoutException => Failed(key, fault, "it took too long", "Try again; a very large workspace may need a larger machine."),
        CommandMissingException => Failed(key, fault, "git or setpriv is not installed", "Install them: apt-get install git util-linux"),
        CommandNotStartedException => Failed(key, fault, "git could not be started", "Free some memory, or end some processes of this node; then try again."),
        CommandFailedException { Result.Errors: var e } when e.Contains("No space left", StringComparison.Ordinal) =>
            Failed(key, fault, "it does not fit into the memory kept for snapshots", "Mount smaller workspaces, or fewer different ones at a time."),
        _ => Failed(key, fault, "git refused it", "The cause is in the log: vexa logs"),
    };

    private static VexaException Failed(SnapshotKey key, Exception cause, string why, string hint) =>
        new(Stage.WorkspaceOpen, Party.Operator, "workspace-open", $"Workspace '{key.Workspace}' could not be opened: {why}.", hint, cause);

    private const UnixFileMode PassThrough = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    [LoggerMessage(Level = LogLevel.Information, Message = "snapshot of {Workspace} at {Commit} made")]
    private partial void Made(WorkspaceId workspace, string commit);

    private sealed class Entry
    {
        public required Task<string> Tree { get; init; }
        public int Uses { get; set; }
        public long LastUse { get; set; }
    }
}
