using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>
/// Commits that landed here lately. What landed once stays in the history for good, so a turn that stands on one of these, as most do, need
/// not search for it. Forgets the oldest.
/// </summary>
internal sealed class RecentCommits
{
    private const int Most = 8192;

    private readonly Lock _lock = new();
    private readonly HashSet<Entry> _known = [];
    private readonly Queue<Entry> _oldestFirst = [];

    /// <param name="proposedBy">Absent for what is on the trunk.</param>
    public void Add(WorkspaceId workspace, string commit, DispatchId? proposedBy)
    {
        var entry = new Entry(workspace, commit, proposedBy);
        lock (_lock)
        {
            if (!_known.Add(entry))
                return;

            _oldestFirst.Enqueue(entry);
            if (_oldestFirst.Count > Most)
                _known.Remove(_oldestFirst.Dequeue());
        }
    }

    /// <summary>True where the commit is on the trunk, or in a proposal of this dispatch. Else nobody knows.</summary>
    public bool Has(WorkspaceId workspace, string commit, DispatchId dispatch)
    {
        lock (_lock)
            return _known.Contains(new Entry(workspace, commit, null)) || _known.Contains(new Entry(workspace, commit, dispatch));
    }

    private readonly record struct Entry(WorkspaceId Workspace, string Commit, DispatchId? ProposedBy);
}
