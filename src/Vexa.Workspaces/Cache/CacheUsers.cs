using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>How many work on which workspace's unpacked copy.</summary>
internal sealed class CacheUsers
{
    private readonly Lock _lock = new();
    private readonly Dictionary<WorkspaceId, int> _users = [];

    public void Enter(WorkspaceId id)
    {
        lock (_lock)
            _users[id] = _users.GetValueOrDefault(id) + 1;
    }

    public void Leave(WorkspaceId id)
    {
        lock (_lock)
            if (--_users[id] == 0)
                _users.Remove(id);
    }

    public bool IsUsed(WorkspaceId id)
    {
        lock (_lock)
            return _users.ContainsKey(id);
    }
}

/// <summary>Until it is disposed, somebody works on the copy.</summary>
internal readonly struct CacheUse(WorkspaceCache cache, WorkspaceId id) : IDisposable
{
    public void Dispose() => cache.Leave(id);
}
