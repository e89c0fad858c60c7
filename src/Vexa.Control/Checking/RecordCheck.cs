using System.Text.Json.Serialization.Metadata;
using Vexa.Contracts;
using Vexa.Schemas;
using Vexa.Workspaces;

namespace Vexa.Control.Checking;

/// <summary>What control's records have to look like, by where they lie in the bucket, and what they refer to.</summary>
public sealed class RecordCheck
{
    private readonly Dictionary<WorkspaceId, string> _named = [];
    private readonly HashSet<string> _live = new(StringComparer.Ordinal);
    private readonly HashSet<string> _ended = new(StringComparer.Ordinal);

    /// <summary>How a record of this key is read: it throws where it is none. Null where the object is no record of a shape: a transcript, an output.</summary>
    public Action<ReadOnlyMemory<byte>>? ShapeOf(string key) => key.Split('/') switch
    {
        ["runs", "live", var id] => content => Note(key, id, _live, Read(content, VexaJson.Default.Run)),
        ["runs", "ended", var id] => content => Note(key, id, _ended, Read(content, VexaJson.Default.Run)),
        ["sessions", _] => content => Read(content, VexaJson.Default.Session),
        ["occurrences", ..] => content => Read(content, VexaJson.Default.TurnOccurrence),
        ["tokens", _] => content => Read(content, VexaJson.Default.ApiToken),
        ["tombstones", _] => content => Read(content, VexaJson.Default.Tombstone),
        ["unnamed", _] => content => Read(content, VexaJson.Default.UnnamedObjects),
        ["pushes", _, _] => content => Read(content, VexaJson.Default.Push),
        ["cards", _] => content => Read(content, VexaJson.Default.ProactiveCard),
        _ => null,
    };

    /// <summary>What was read refers to workspaces that are neither there nor shredded.</summary>
    public async Task<IReadOnlyList<BucketFault>> FindDangling(IBucket bucket, CancellationToken ct)
    {
        var faults = new List<BucketFault>();
        foreach (var (workspace, run) in _named)
            if ((await bucket.List($"workspaces/{workspace}/", ct)).Count == 0 && !(await bucket.List($"tombstones/{workspace}", ct)).Contains($"tombstones/{workspace}"))
                faults.Add(new BucketFault(run, "workspace-gone", $"The run {run} has commits on workspace {workspace}, which is not there.", "Restore the workspace from a backup, where it was not removed on purpose."));

        return faults;
    }

    /// <summary>Records of live runs beside those of their end: the last step of closing is missing, and they can go.</summary>
    public IReadOnlyList<string> Leftovers => [.. _live.Intersect(_ended).Select(id => $"runs/live/{id}")];

    private void Note(string key, string id, HashSet<string> runs, Run run)
    {
        runs.Add(id);
        foreach (var commit in run.Turns.SelectMany(turn => turn.Commits))
            _named.TryAdd(commit.Workspace, key);
    }

    private static T Read<T>(ReadOnlyMemory<byte> content, JsonTypeInfo<T> type) where T : class => Contract.Read(content.Span, type);
}
