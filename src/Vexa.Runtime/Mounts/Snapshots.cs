using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Vexa.Contracts;
using Vexa.Runtime.Native;

namespace Vexa.Runtime.Mounts;

/// <summary>A workspace at a commit.</summary>
internal readonly record struct SnapshotKey(WorkspaceId Workspace, string Commit);

/// <summary>
/// Immutable work trees, one for each (workspace, commit), made once however many dispatches ask at the same time, shared by all
/// of them, and kept after the last one ended for as long as there is room.
/// </summary>
internal sealed partial class Snapshots(RuntimeFolder folder, BundleSource source, RuntimeOptions options, ILogger<Snapshots> log)
{
    private const long MiB = 1024 * 1024;

    // Beside the tree, so that the next process of this role knows it too.
    private const string ForgottenMark = ".forgotten";

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
                    _entries[new SnapshotKey(id, Path.GetFileName(tree))] = new Entry { Tree = Task.FromResult(tree), IsForgotten = File.Exists(tree + ForgottenMark) };
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

    /// <summary>Removes what is kept of a workspace. What is in use goes as soon as it is not.</summary>
    public void Forget(WorkspaceId workspace)
    {
        List<string> discarded;
        lock (_lock)
        {
            foreach (var (key, entry) in _entries.Where(e => e.Key.Workspace == workspace))
            {
                entry.IsForgotten = true;
                if (entry.Tree.IsCompletedSuccessfully)
                    File.WriteAllBytes(Folder(key) + ForgottenMark, []);
            }

            discarded = [.. Unused().Where(key => key.Workspace == workspace).Select(PutAside)];
        }

        Delete(discarded);
        Forgotten(discarded.Count, workspace);
    }

    /// <summary>Removes what was to be forgotten and is in no use: after a restart, when all that still runs has taken what it has.</summary>
    public void DropForgotten()
    {
        List<string> discarded;
        lock (_lock)
            discarded = PutForgottenAside();

        Delete(discarded);
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

            discarded.AddRange(PutForgottenAside());
            var unused = Unused();
            discarded.AddRange(unused.Take(unused.Count - options.UnusedSnapshots).Select(PutAside));
        }

        Delete(discarded);
    }

    // With the lock.
    private List<string> PutForgottenAside() => [.. Unused().Where(unused => _entries[unused].IsForgotten).Select(PutAside)];

    // With the lock. The one that was used longest ago first.
    private List<SnapshotKey> Unused() =>
        [.. _entries.Where(e => e.Value is { Uses: 0, Tree.IsCompletedSuccessfully: true }).OrderBy(e => e.Value.LastUse).Select(e => e.Key)];

    /// <summary>Removes some that nobody uses, so that another one has room.</summary>
    /// <returns>How many; 0 where all are in use.</returns>
    private int MakeRoom(int most)
    {
        List<string> discarded;
        lock (_lock)
            discarded = [.. Unused().Take(most).Select(PutAside)];

        Delete(discarded);
        return discarded.Count;
    }

    private async Task<string> Make(SnapshotKey key, string token, CancellationToken ct)
    {
        await Task.Yield(); // the caller holds the lock
        // Twice as many each time: nobody knows how much room this one needs, and each attempt may fetch a large bundle again.
        for (var most = 1; ; most *= 2)
        {
            try
            {
                return await MakeOnce(key, token, ct);
            }
            catch (NoRoomException)
            {
                var discarded = MakeRoom(most);
                if (discarded == 0)
                    throw;

                RoomMade(discarded, key.Workspace, key.Commit);
            }
        }
    }

    private async Task<string> MakeOnce(SnapshotKey key, string token, CancellationToken ct)
    {
        var target = Folder(key);
        var temporary = $"{Path.GetDirectoryName(target)}/.{RandomNumberGenerator.GetHexString(16, lowercase: true)}";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(target)!, PassThrough);
            await using (var bundle = await source.Open(key.Workspace, key.Commit, token, ct))
                await Checkout.Make(temporary, bundle, key.Commit, options.SnapshotsMb * MiB, ct);

            Directory.Move(temporary, target);
            Made(key.Workspace, key.Commit);
            return target;
        }
        catch (Exception fault)
        {
            // Before what was made until now makes room again.
            var isFull = IsFull(fault);
            if (Directory.Exists(temporary))
                Directory.Delete(temporary, recursive: true);
            if (isFull)
                throw new NoRoomException(fault);

            throw;
        }
    }

    // With the lock: the folder's name must be free before the same snapshot can be asked for again.
    private string PutAside(SnapshotKey key)
    {
        _entries.Remove(key);
        var aside = $"{Path.GetDirectoryName(Folder(key))}/.{RandomNumberGenerator.GetHexString(16, lowercase: true)}";
        Directory.Move(Folder(key), aside);
        File.Delete(Folder(key) + ForgottenMark);
        return aside;
    }

    // Without the lock: a large tree takes its time, and every start on this node asks for a snapshot.
    private static void Delete(IEnumerable<string> trees)
    {
        foreach (var tree in trees)
            Directory.Delete(tree, recursive: true);
    }

    private string Folder(SnapshotKey key) => Path.Combine(folder.Snapshots, key.Workspace.Value, key.Commit);

    internal static bool IsCommit(string text) => text.Length == 40 && text.All(char.IsAsciiHexDigitLower);

    // Git often keeps the kernel's words to itself: "unable to write file".
    private bool IsFull(Exception fault) =>
        fault is IOException or CommandFailedException
        && (fault.Message.Contains("No space left", StringComparison.Ordinal) || fault.Message.Contains("unable to write new index file", StringComparison.Ordinal)
            || new DriveInfo(folder.Snapshots).AvailableFreeSpace < MiB);

    private static Exception AsFailure(SnapshotKey key, Exception fault) => fault switch
    {
        VexaException or OperationCanceledException => fault,
        InvalidDataException or EndOfStreamException => Failed(key, fault, "control sent something that is not this commit", "The cause is in the log: vexa logs"),
        TimeoutException => Failed(key, fault, "it took too long", "Try again; a very large workspace may need a larger machine."),
        CommandMissingException => Failed(key, fault, "git or setpriv is not installed", "Install them: apt-get install git util-linux"),
        CommandNotStartedException => Failed(key, fault, "git could not be started", "Free some memory, or end some processes of this node; then try again."),
        NoRoomException => Failed(key, fault, "it does not fit into the memory kept for snapshots beside those that are in use",
            "Wait until other runs have ended, or end one: vexa cancel RUN. A workspace that never fits has to become smaller."),
        _ => Failed(key, fault, "git refused it", "The cause is in the log: vexa logs"),
    };

    private static VexaException Failed(SnapshotKey key, Exception cause, string why, string hint) =>
        new(Stage.WorkspaceOpen, Party.Operator, "workspace-open", $"Workspace '{key.Workspace}' could not be opened: {why}.", hint, cause);

    private const UnixFileMode PassThrough = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    [LoggerMessage(Level = LogLevel.Information, Message = "snapshot of {Workspace} at {Commit} made")]
    private partial void Made(WorkspaceId workspace, string commit);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} unused snapshots removed: {Workspace} at {Commit} needs the room")]
    private partial void RoomMade(int count, WorkspaceId workspace, string commit);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} unused snapshots of {Workspace} removed, as control asked")]
    private partial void Forgotten(int count, WorkspaceId workspace);

    private sealed class NoRoomException(Exception inner) : Exception("The memory kept for snapshots is full.", inner);

    private sealed class Entry
    {
        public required Task<string> Tree { get; init; }
        public int Uses { get; set; }
        public long LastUse { get; set; }

        /// <summary>Nobody shall find it once it is free.</summary>
        public bool IsForgotten { get; set; }
    }
}
