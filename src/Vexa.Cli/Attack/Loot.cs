using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Vexa.Contracts;
using Vexa.Runtime.Native;

namespace Vexa.Cli.Attack;

/// <summary>All that came out of attackers' containers: events, outputs, transcripts, commits, and what the roles logged meanwhile.</summary>
internal sealed class Loot
{
    private readonly ConcurrentBag<Dispatched> _dispatched = [];
    private readonly List<(string Where, ReadOnlyMemory<byte> What)> _all = [];

    public void Add(Dispatched dispatched) => _dispatched.Add(dispatched);

    /// <summary>Takes everything in while the stack still runs.</summary>
    public async Task Collect(AttackStack stack, CancellationToken ct)
    {
        var data = stack.Options.DataFolder;
        foreach (var dispatched in _dispatched)
        {
            var run = dispatched.Run;
            _all.Add(($"the events of run {run}", Encoding.UTF8.GetBytes(dispatched.Text)));
            foreach (var unitEvent in dispatched.Events.Where(e => e is not MessageDelta))
                _all.Add(($"the events of run {run}", JsonSerializer.SerializeToUtf8Bytes(unitEvent, VexaJson.Default.UnitEvent)));
            _all.Add(($"the output of run {run}", Encoding.UTF8.GetBytes(await stack.Client.Logs(run, ct))));
            foreach (var file in Directory.EnumerateFiles(data, $"*{run}*", SearchOption.AllDirectories))
                _all.Add(($"{file[data.Length..]} of the data folder", await File.ReadAllBytesAsync(file, ct)));
        }

        foreach (var log in Directory.EnumerateFiles(stack.Options.LogsFolder))
            _all.Add(($"the log {Path.GetFileName(log)}", await File.ReadAllBytesAsync(log, ct)));
    }

    public IEnumerable<string> Find(IReadOnlyList<Canary> canaries)
    {
        var search = new CanarySearch(canaries);
        return _all.SelectMany(piece => search.In(piece.Where, piece.What)).Distinct();
    }
}
