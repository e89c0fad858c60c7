using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Vexa.Contracts;
using Vexa.Runtime.Native;
using Vexa.Workspaces;

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
        using var bucket = await SealedBucket.Open(
            new FolderBucket(Path.Combine(data, "bucket")), new SealingOptions { KeyFile = stack.Options.KeyFile, PassphraseFile = stack.Options.PassphraseFile }, TimeProvider.System, ct);
        var stored = await bucket.List("", ct);
        foreach (var dispatched in _dispatched)
        {
            var run = dispatched.Run;
            _all.Add(($"the events of run {run}", Encoding.UTF8.GetBytes(dispatched.Text)));
            foreach (var unitEvent in dispatched.Events.Where(e => e is not MessageDelta))
                _all.Add(($"the events of run {run}", JsonSerializer.SerializeToUtf8Bytes(unitEvent, VexaJson.Default.UnitEvent)));
            _all.Add(($"the output of run {run}", Encoding.UTF8.GetBytes(await stack.Client.Logs(run, ct))));
            foreach (var key in stored.Where(key => key.Contains(run.Value, StringComparison.Ordinal)))
                if (await bucket.Get(key, ct) is { } found)
                    _all.Add(($"{key} of the bucket", found.Content));
        }

        await Commits(stack, bucket, ct);
        foreach (var log in Directory.EnumerateFiles(stack.Options.LogsFolder))
            _all.Add(($"the log {Path.GetFileName(log)}", await File.ReadAllBytesAsync(log, ct)));
    }

    // All objects, also of what was proposed only, as git itself unpacks them.
    private async Task Commits(AttackStack stack, SealedBucket bucket, CancellationToken ct)
    {
        var repository = Path.Combine(stack.Scratch, "loot.git");
        await new Command("git", ["init", "--quiet", "--bare", repository]).RunOrThrow(ct);
        await using var store = new WorkspaceStore(bucket, new WorkspaceOptions { CacheFolder = Path.Combine(stack.Scratch, "loot.cache") }, TimeProvider.System, NullLogger<WorkspaceStore>.Instance);
        foreach (var commit in (await store.Refs(AttackSuite.Loot, ct)).Values.Distinct())
        {
            var bundle = Path.Combine(stack.Scratch, commit);
            await using (var file = File.Create(bundle))
                await store.OpenBundle(AttackSuite.Loot, commit, file, ct);
            await new Command("git", ["-C", repository, "fetch", "--quiet", "--no-tags", bundle, $"+refs/*:refs/{commit}/*"]).RunOrThrow(ct);
        }

        var objects = Path.Combine(stack.Scratch, "loot.objects");
        await new Command("/bin/sh", ["-c", "git -C \"$0\" cat-file --batch --batch-all-objects --unordered >\"$1\"", repository, objects]).RunOrThrow(ct);
        _all.Add(("the objects of the workspace", await File.ReadAllBytesAsync(objects, ct)));
    }

    public IEnumerable<string> Find(IReadOnlyList<Canary> canaries)
    {
        var search = new CanarySearch(canaries);
        return _all.SelectMany(piece => search.In(piece.Where, piece.What)).Distinct();
    }
}
