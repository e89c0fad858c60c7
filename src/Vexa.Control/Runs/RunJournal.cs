using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Vexa.Contracts;
using Vexa.Workspaces;

namespace Vexa.Control.Runs;

/// <summary>
/// The durable records of runs and sessions. The bucket is the truth: <c>runs/live/&lt;id&gt;</c> while a run lives, <c>runs/ended/&lt;id&gt;</c>
/// afterwards. Memory holds only an index, rebuilt at start.
/// </summary>
internal sealed partial class RunJournal(Records records, IBucket bucket, ILogger<RunJournal> log)
{
    private readonly ConcurrentDictionary<DispatchId, RunKey> _index = new();

    /// <summary>Rebuilds the index and returns the runs that nobody closed.</summary>
    public async Task<IReadOnlyList<Run>> Open(CancellationToken ct)
    {
        foreach (var key in await records.List("runs/ended/", ct))
            if (await ReadIfSound(key, ct) is { } ended)
                Index(ended);

        var live = new List<Run>();
        foreach (var key in await records.List("runs/live/", ct))
            if (await ReadIfSound(key, ct) is { } run)
            {
                // Closed already; only the last step of closing is missing.
                if (_index.ContainsKey(run.Id))
                {
                    await bucket.Delete(key, ct);
                    continue;
                }

                Index(run);
                live.Add(run);
            }

        return live;
    }

    private Task<Run?> ReadIfSound(string key, CancellationToken ct) =>
        records.ReadIfSound(key, VexaJson.Default.Run, damaged => PassedOver(log, damaged.InnerException ?? damaged, key), ct);

    [LoggerMessage(Level = LogLevel.Error, Message = "the record {Key} cannot be read and is passed over")]
    private static partial void PassedOver(ILogger log, Exception cause, string key);

    /// <summary>Records a new run; false where its id is taken: the same occurrence came before.</summary>
    public async Task<bool> TryCreate(Run run, CancellationToken ct)
    {
        if (_index.ContainsKey(run.Id) || !await records.TryCreate(LiveKey(run.Id), run, VexaJson.Default.Run, ct))
            return false;

        Index(run);
        return true;
    }

    public Task Save(Run run, CancellationToken ct) => records.Put(LiveKey(run.Id), run, VexaJson.Default.Run, ct);

    /// <summary>Closes a run, whose transcript is durable already; so is its record when this returns.</summary>
    public async Task Close(Run run, CancellationToken ct)
    {
        await records.Put(EndedKey(run.Id), run, VexaJson.Default.Run, ct);
        await bucket.Delete(LiveKey(run.Id), ct);
        Index(run);
    }

    /// <exception cref="VexaException">404 <c>unknown-run</c>, also where the run is another subject's.</exception>
    public async Task<Run> Read(DispatchId id, SubjectId subject, CancellationToken ct)
    {
        if (_index.TryGetValue(id, out var key) && key.Subject == subject
            && (await records.Read(EndedKey(id), VexaJson.Default.Run, ct) ?? await records.Read(LiveKey(id), VexaJson.Default.Run, ct) ?? await records.Read(EndedKey(id), VexaJson.Default.Run, ct)) is { } run)
            return run.Value;

        throw new VexaException(Stage.Request, Party.Caller, "unknown-run", $"There is no run {id}.", "List them with: vexa runs") { Status = 404 };
    }

    /// <summary>The newest runs of a subject.</summary>
    public async Task<IReadOnlyList<Run>> List(SubjectId subject, int limit, CancellationToken ct)
    {
        var runs = new List<Run>();
        foreach (var id in _index.Where(e => e.Value.Subject == subject).OrderByDescending(e => e.Value.CreatedAt).Take(limit).Select(e => e.Key))
            runs.Add(await Read(id, subject, ct));

        return runs;
    }

    public async Task<Session?> FindSession(SessionId id, CancellationToken ct) =>
        (await records.Read(SessionKey(id), VexaJson.Default.Session, ct))?.Value;

    public Task SaveSession(Session session, CancellationToken ct) => records.Put(SessionKey(session.Id), session, VexaJson.Default.Session, ct);

    public async Task<TurnOccurrence?> FindOccurrence(string key, CancellationToken ct) =>
        (await records.Read(OccurrenceKey(key), VexaJson.Default.TurnOccurrence, ct))?.Value;

    public Task SaveOccurrence(string key, TurnOccurrence occurrence, CancellationToken ct) =>
        records.Put(OccurrenceKey(key), occurrence, VexaJson.Default.TurnOccurrence, ct);

    /// <summary>Whether a run of this id is known, whoever's it is.</summary>
    public bool Knows(DispatchId id) => _index.ContainsKey(id);

    private void Index(Run run) => _index[run.Id] = new RunKey(run.Subject, run.CreatedAt);

    private static string LiveKey(DispatchId id) => $"runs/live/{id}";

    private static string EndedKey(DispatchId id) => $"runs/ended/{id}";

    private static string SessionKey(SessionId id) => $"sessions/{id}";

    private static string OccurrenceKey(string key) => $"occurrences/{key}";

    private readonly record struct RunKey(SubjectId Subject, DateTimeOffset CreatedAt);
}
