using System.Security.Cryptography;
using System.Text;
using Vexa.Workspaces;

namespace Vexa.IntegrationTests.Workspaces;

/// <summary>Backups of a bucket that others write to, and what comes back of them.</summary>
public sealed class BackupTests : WorkspaceFixture
{
    private static readonly WorkspaceId Other = Id.Parse<WorkspaceId>("other");
    private static readonly Dictionary<string, ReadOnlyMemory<byte>> NoFiles = [];
    private int _restored;

    private string Place => Path.Combine(Folder, "backups");

    private string KeyFile => Path.Combine(Folder, "keys", "seal.keys");

    [Fact]
    public async Task All_that_is_stored_comes_back_bit_for_bit()
    {
        await Fill();
        var made = await Make();
        var (bucket, report) = await Restore();

        Assert.Equal((2, 0L), (made.Workspaces, report.AlreadyThere));
        Assert.Empty(made.Faults);
        Assert.Equal(await Contents(Bucket), await Contents(bucket));
        var store = await NewStoreOn(bucket, "restored");
        Assert.Equal(await Store.Refs(Notes, Stop), await store.Refs(Notes, Stop));
        Assert.Contains("refs/notes/vexa", (await store.Refs(Notes, Stop)).Keys);
        Assert.Contains(await store.Refs(Notes, Stop), r => r.Key.StartsWith("refs/proposals/", StringComparison.Ordinal));
        Assert.Equal((await Store.Log(Notes, 100, Stop)).Commits.Select(c => c.Sha), (await store.Log(Notes, 100, Stop)).Commits.Select(c => c.Sha));
        var agent = await NewAgent("later", store);
        agent.Write("after.md", "after\n");
        await agent.Commit("t1");
        Assert.Null((await agent.Send(store, Notes, "t1")).ProposalRef);
    }

    [Fact]
    public async Task Files_beside_the_bucket_that_cannot_be_put_back_leave_a_restore_that_goes_on()
    {
        await Fill();
        await On().Make(Bucket, new Dictionary<string, ReadOnlyMemory<byte>> { ["runners/mine.json"] = "{}"u8.ToArray() }, Silent, Stop);
        var bucket = NewBucket();
        await Assert.ThrowsAsync<IOException>(() => On().Restore(null, bucket, DamagePolicy.Refuse, _ => throw new IOException("The disk is full."), Silent, Stop));

        var beside = new List<string>();
        var report = await On().Restore(null, bucket, DamagePolicy.Refuse, files => beside.AddRange(files.Keys), Silent, Stop);

        Assert.Equal(["runners/mine.json"], beside);
        Assert.Equal(report.Objects, report.AlreadyThere);
        Assert.Equal(await Contents(Bucket), await Contents(bucket));
    }

    [Fact]
    public async Task Files_beside_the_bucket_come_back_and_are_sealed_meanwhile()
    {
        await On().Make(Bucket, new Dictionary<string, ReadOnlyMemory<byte>> { ["runners/mine.json"] = "{\"name\":\"canary-of-a-runner\"}"u8.ToArray(), ["keys/empty.json"] = default }, Silent, Stop);
        var (bucket, beside) = (NewBucket(), new Dictionary<string, string>(StringComparer.Ordinal));
        await On().Restore(null, bucket, DamagePolicy.Refuse, files =>
        {
            foreach (var (path, content) in files)
                beside[path] = Encoding.UTF8.GetString(content.Span);
        }, Silent, Stop);

        Assert.Equal("{\"name\":\"canary-of-a-runner\"}", beside["runners/mine.json"]);
        Assert.Equal("", beside["keys/empty.json"]);
        Assert.DoesNotContain(Files(Place), path => File.ReadAllText(path, Encoding.Latin1).Contains("canary", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_backup_holds_neither_plaintext_nor_the_key()
    {
        await Commit("canary.md", "canary-in-a-workspace\n");
        await new Records(Sealed).Put("tokens/0123456789ab", new RecordsKey("canaryInARecord"), VexaJson.Default.RecordsKey, Stop);
        await Make();

        var key = (await File.ReadAllLinesAsync(KeyFile, Stop))[^1].Split(' ')[1];
        Assert.All(Files(Place), path =>
        {
            var text = File.ReadAllText(path, Encoding.Latin1);
            Assert.DoesNotContain("canary", text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(key, text, StringComparison.Ordinal);
            Assert.DoesNotContain(Encoding.Latin1.GetString(Convert.FromBase64String(key)), text, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task The_next_backup_writes_only_what_is_new()
    {
        await Fill();
        await Make();
        var (objects, all) = (0, 0);
        var counting = new ScriptedBucket(new FolderBucket(Place))
        {
            BeforePut = key =>
            {
                all++;
                objects += key.StartsWith("objects/", StringComparison.Ordinal) ? 1 : 0;
                return Task.CompletedTask;
            },
        };
        // The wrapped key and the index, whatever happened.
        Assert.Equal((0, 0), ((await On(counting).Make(Bucket, NoFiles, Silent, Stop)).NewObjects, objects));
        Assert.Equal(2, all);

        await Commit("new.md", "new\n");
        await new Records(Sealed).Put("sessions/s-new", new RecordsKey("bmV3"), VexaJson.Default.RecordsKey, Stop);
        // A bundle, the manifest that names it, the record.
        Assert.Equal((3, 3), ((await On(counting).Make(Bucket, NoFiles, Silent, Stop)).NewObjects, objects));
    }

    [Fact]
    public async Task A_bundle_that_is_there_is_not_even_read_again()
    {
        await Fill();
        await Make();
        var read = new List<string>();
        var watched = new ScriptedBucket(Bucket)
        {
            BeforeCopy = key =>
            {
                read.Add(key);
                return Task.CompletedTask;
            },
        };
        await On().Make(watched, NoFiles, Silent, Stop);

        Assert.NotEmpty(read);
        Assert.DoesNotContain(read, key => key.Contains("/bundles/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_a_writer_does_meanwhile_is_whole_in_every_snapshot()
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var writing = WriteUntil(ended.Token);
        var least = new Dictionary<string, int>();
        for (var i = 0; i < 6; i++)
        {
            var before = Ended();
            least[(await Make()).Snapshot] = before;
            await Drivers.Until.IsTrue(() => Task.FromResult(Ended() >= before + 3 || writing.IsCompleted ? "" : null));
        }

        await ended.CancelAsync();
        await writing;
        foreach (var (snapshot, count) in least)
        {
            var (bucket, _) = await Restore(snapshot);
            var opened = await Seal(bucket);
            Assert.Empty((await new BucketCheck(opened).Run(_ => null, Silent, Stop)).Faults);
            var store = NewStore($"restored-{snapshot}", opened);
            var log = (await store.Log(Notes, 500, Stop)).Commits.Select(c => c.Sha).ToHashSet();
            var (runs, commits) = (new HashSet<string>(), new List<string>());
            foreach (var key in await opened.List("runs/", Stop))
            {
                runs.Add(key.Split('/')[^1]);
                if (key.StartsWith("runs/ended/", StringComparison.Ordinal))
                    commits.Add((await new Records(opened).Read(key, VexaJson.Default.CommitResult, Stop))!.Value.Sha);
            }

            // Whatever had begun is there, and whatever a record says was committed.
            Assert.Subset(runs, Enumerable.Range(0, count).Select(n => $"r{n}").ToHashSet());
            Assert.Subset(log, commits.ToHashSet());
        }
    }

    [Fact]
    public async Task Wherever_a_backup_breaks_off_the_last_one_is_whole_and_the_next_one_works()
    {
        await Fill();
        var first = await Make();
        var contents = await Contents(Bucket);
        await Commit("second.md", "second\n");
        var puts = await CountPuts();
        Assert.InRange(puts, 3, 20);
        for (var crash = 1; crash <= puts; crash++)
        {
            await Commit($"more-{crash}.md", "more\n");
            var at = 0;
            var broken = new ScriptedBucket(new FolderBucket(Place)) { BeforePut = _ => ++at == crash ? throw new InvalidOperationException("crash") : Task.CompletedTask };
            await Assert.ThrowsAsync<InvalidOperationException>(() => On(broken).Make(Bucket, NoFiles, Silent, Stop));

            Assert.Equal(first.Snapshot, (await On().List(Stop))[^1].Id);
            var (bucket, _) = await Restore();
            Assert.Equal(contents, await Contents(bucket));
        }

        await Make();
        Assert.Equal(await Contents(Bucket), await Contents((await Restore()).Bucket));
        // What the broken ones left goes with the next prune.
        var pruned = await On().Prune(1, [], Stop);
        Assert.Equal([first.Snapshot], pruned.Removed);
        Assert.True(pruned.Objects > 0);
        Assert.Equal(await Contents(Bucket), await Contents((await Restore()).Bucket));

        async Task<int> CountPuts()
        {
            var count = 0;
            var other = new ScriptedBucket(new FolderBucket(Path.Combine(Folder, "counted")))
            {
                BeforePut = _ =>
                {
                    count++;
                    return Task.CompletedTask;
                },
            };
            await On(other).Make(Bucket, NoFiles, Silent, Stop);
            count = 0;
            await Commit("counted.md", "counted\n");
            await On(other).Make(Bucket, NoFiles, Silent, Stop);
            return count;
        }
    }

    [Fact]
    public async Task A_flipped_byte_of_any_object_is_found_and_named_and_nothing_is_restored()
    {
        await Fill();
        var made = await Make();
        foreach (var (path, place) in Files(Path.Combine(Place, "objects")).Select((path, i) => (path, i)))
        {
            var bytes = await File.ReadAllBytesAsync(path, Stop);
            bytes[place * 7 % bytes.Length] ^= 0x10;
            await File.WriteAllBytesAsync(path, bytes, Stop);

            var (_, report) = await On().Check(null, Silent, Stop);
            var fault = Assert.Single(report.Faults);
            var bucket = NewBucket();
            var refused = await Refused("backup-damaged", () => On().Restore(made.Snapshot, bucket, DamagePolicy.Refuse, NoFilesBeside, Silent, Stop));
            Assert.Contains(fault.Key, refused.Message, StringComparison.Ordinal);
            Assert.Empty(await bucket.List("", Stop));

            var rest = await On().Restore(made.Snapshot, bucket, DamagePolicy.LeaveOut, NoFilesBeside, Silent, Stop);
            Assert.Equal(fault.Key, Assert.Single(rest.Faults).Key);
            Assert.Equal((await Contents(Bucket)).Where(o => o.Key != fault.Key), await Contents(bucket));

            bytes[place * 7 % bytes.Length] ^= 0x10;
            await File.WriteAllBytesAsync(path, bytes, Stop);
        }
    }

    [Fact]
    public async Task An_index_that_was_changed_or_passed_off_as_another_is_refused()
    {
        var first = await Make();
        await Commit("b.md", "b\n");
        var second = await Make();
        var index = Path.Combine(Place, "snapshots", second.Snapshot, "index");
        var bytes = await File.ReadAllBytesAsync(index, Stop);

        File.Copy(Path.Combine(Place, "snapshots", first.Snapshot, "index"), index, overwrite: true);
        await Refused("backup-damaged", () => Restore());
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(index, bytes, Stop);
        Assert.Contains(second.Snapshot, (await Refused("backup-damaged", () => Restore())).Message, StringComparison.Ordinal);
        Assert.NotNull((await On().List(Stop))[1].Fault);
        // The one before is not affected, and a new one can be made.
        Assert.Equal(first.Snapshot, (await Restore(first.Snapshot)).Report.Snapshot);
        await Make();
        Assert.Equal(await Contents(Bucket), await Contents((await Restore()).Bucket));
    }

    [Fact]
    public async Task An_object_that_is_gone_is_named()
    {
        await Fill();
        await Make();
        File.Delete(Files(Path.Combine(Place, "objects"))[2]);

        Assert.Contains("missing", (await Refused("backup-damaged", () => Restore())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_its_key_a_backup_stays_closed()
    {
        await Make();
        File.Move(KeyFile, KeyFile + ".away");
        await Refused("key-missing", () => Restore());
        await SealedBucket.Open(new FolderBucket(Path.Combine(Folder, "stranger")), new SealingOptions { KeyFile = KeyFile }, TimeProvider.System, Stop);
        await Refused("key-unknown", () => Restore());

        File.Move(KeyFile + ".away", KeyFile, overwrite: true);
        Assert.Equal(await Contents(Bucket), await Contents((await Restore()).Bucket));
    }

    [Fact]
    public async Task A_rotated_key_opens_what_was_made_since_and_the_one_before_what_was_made_until_then()
    {
        var first = await Make();
        while ((await Store.RotateKeys(Stop)).Remaining > 0)
        {
        }

        var second = await Make();
        Assert.Equal(await Contents(Bucket), await Contents((await Restore(second.Snapshot)).Bucket));
        Assert.Equal(1, (await Restore(first.Snapshot)).Report.Workspaces);

        var lines = await File.ReadAllLinesAsync(KeyFile, Stop);
        await File.WriteAllLinesAsync(KeyFile, [lines[0], lines[^1]], Stop);
        Assert.Equal(await Contents(Bucket), await Contents((await Restore(second.Snapshot)).Bucket));
        await Refused("key-unknown", () => Restore(first.Snapshot));
    }

    [Fact]
    public async Task A_passphrase_opens_a_backup_too()
    {
        var file = Path.Combine(Folder, "passphrase");
        await File.WriteAllTextAsync(file, "six random words are good here\n", Stop);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var sealing = new SealingOptions { KeyFile = "/nonexistent", PassphraseFile = file };
        var bucket = new FolderBucket(Path.Combine(Folder, "by-passphrase"));
        using (var opened = await SealedBucket.Open(bucket, sealing, TimeProvider.System, Stop))
            await opened.Put("sessions/s", "text"u8.ToArray(), PutCondition.None, Stop);

        var backups = new Backups(new FolderBucket(Place), sealing, TimeProvider.System);
        await backups.Make(bucket, NoFiles, Silent, Stop);
        var restored = NewBucket();
        await backups.Restore(null, restored, DamagePolicy.Refuse, NoFilesBeside, Silent, Stop);
        using var again = await SealedBucket.Open(restored, sealing, TimeProvider.System, Stop);
        Assert.Equal("text", Encoding.UTF8.GetString((await again.Get("sessions/s", Stop))!.Content.Span));
    }

    [Fact]
    public async Task A_bucket_that_is_not_empty_is_left_alone()
    {
        await Make();
        var contents = await Contents(Bucket);
        await Refused("bucket-not-empty", () => On().Restore(null, Bucket, DamagePolicy.Refuse, NoFilesBeside, Silent, Stop));
        var stray = NewBucket();
        await stray.Put("something", "of a person's own"u8.ToArray(), PutCondition.None, Stop);
        await Refused("bucket-not-empty", () => On().Restore(null, stray, DamagePolicy.Refuse, NoFilesBeside, Silent, Stop));

        Assert.Equal(contents, await Contents(Bucket));
        Assert.Equal(["something"], await stray.List("", Stop));
    }

    [Fact]
    public async Task Only_an_empty_place_or_one_of_this_installation_takes_backups()
    {
        var stranger = new FolderBucket(Path.Combine(Folder, "stranger"));
        using (var opened = await SealedBucket.Open(stranger, new SealingOptions { KeyFile = KeyFile }, TimeProvider.System, Stop))
            await opened.Put("sessions/s", "x"u8.ToArray(), PutCondition.None, Stop);
        await Make();

        await Refused("backup-other", () => On().Make(stranger, NoFiles, Silent, Stop));
        await Refused("backup-foreign", () => On(stranger).Make(Bucket, NoFiles, Silent, Stop));
        await Refused("backup-foreign", () => On(stranger).List(Stop));
        await Refused("backup-missing", () => On(NewBucket()).List(Stop));
        await Refused("nothing-stored", () => On().Make(NewBucket(), NoFiles, Silent, Stop));
        Assert.Single(await On().List(Stop));
    }

    [Fact]
    public async Task A_restore_that_breaks_off_is_taken_for_no_bucket_and_goes_on()
    {
        await Fill();
        var first = await Make();
        var second = await Make();
        var whole = await Contents(Bucket);
        for (var crash = 1; ; crash++)
        {
            var bucket = NewBucket();
            var at = 0;
            var broken = new ScriptedBucket(bucket) { BeforePut = _ => ++at == crash ? throw new InvalidOperationException("crash") : Task.CompletedTask };
            try
            {
                await On().Restore(second.Snapshot, broken, DamagePolicy.Refuse, NoFilesBeside, Silent, Stop);
                Assert.True(crash > whole.Count);
                return;
            }
            catch (InvalidOperationException)
            {
                // At this put.
            }

            if (crash > 1)
            {
                await Refused("bucket-not-sealed", () => Seal(bucket));
                await Refused("restore-unfinished", () => On().Restore(first.Snapshot, bucket, DamagePolicy.Refuse, NoFilesBeside, Silent, Stop));
            }

            var report = await On().Restore(second.Snapshot, bucket, DamagePolicy.Refuse, NoFilesBeside, Silent, Stop);
            Assert.Equal(Math.Max(0, crash - 2), report.AlreadyThere);
            Assert.Equal(whole, await Contents(bucket));
        }
    }

    [Fact]
    public async Task What_was_shredded_since_an_old_snapshot_stays_destroyed_where_a_later_one_knows()
    {
        await Fill();
        var before = await Make();
        await Store.Shred(Other, Agent.Subject, Stop);
        // As long as no later backup tells, nobody can know.
        Assert.Equal(2, (await Restore(before.Snapshot)).Report.Workspaces);
        var after = await Make();
        Assert.Equal(1, after.Workspaces);

        var (bucket, report) = await Restore(before.Snapshot);
        Assert.Equal([Other], report.Shredded);
        var store = await NewStoreOn(bucket, "restored");
        await Refused("workspace-shredded", () => store.Tip(Other, Stop));
        await Refused("workspace-shredded", () => store.Create(Other, new Dictionary<string, string>(), Agent.Subject, Stop));
        Assert.Equal(await Store.Tip(Notes, Stop), await store.Tip(Notes, Stop));
        // And its bundles go with the last snapshot that has it.
        var bundles = (await On().Prune(1, [], Stop)).Objects;
        Assert.True(bundles >= 2);
    }

    [Fact]
    public async Task A_tombstone_of_a_later_snapshot_that_is_damaged_is_found_before_anything_is_restored()
    {
        await Fill();
        var before = await Make();
        var old = Files(Path.Combine(Place, "objects")).ToHashSet();
        await Store.Shred(Other, Agent.Subject, Stop);
        await Make();
        var tombstone = Assert.Single(Files(Path.Combine(Place, "objects")), path => !old.Contains(path));
        await File.WriteAllTextAsync(tombstone, "damaged", Stop);
        var bucket = NewBucket();

        var refused = await Refused("backup-damaged", () => On().Restore(before.Snapshot, bucket, DamagePolicy.Refuse, NoFilesBeside, Silent, Stop));
        Assert.Contains($"tombstones/{Other}", refused.Message, StringComparison.Ordinal);
        Assert.Empty(await bucket.List("", Stop));
        // What it says of is left out even so.
        var report = await On().Restore(before.Snapshot, bucket, DamagePolicy.LeaveOut, NoFilesBeside, Silent, Stop);
        Assert.Equal($"tombstones/{Other}", Assert.Single(report.Faults).Key);
        Assert.Equal([Other], report.Shredded);
        Assert.DoesNotContain(await bucket.List("", Stop), key => key.Contains($"/{Other}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_shredded_while_a_backup_is_made_is_not_in_it()
    {
        await Store.Create(Other, new Dictionary<string, string> { ["a.md"] = "a\n" }, Agent.Subject, Stop);
        var shredded = false;
        var place = new ScriptedBucket(new FolderBucket(Place))
        {
            BeforePut = async key =>
            {
                // By then, records were read, and workspace notes comes before other.
                if (shredded || !key.StartsWith("objects/", StringComparison.Ordinal) || !await IsManifestOf(Other))
                    return;

                shredded = true;
                await Store.Shred(Other, Agent.Subject, Stop);
            },
        };
        await On(place).Make(Bucket, NoFiles, Silent, Stop);

        Assert.True(shredded);
        var (bucket, _) = await Restore();
        await Refused("workspace-shredded", async () => await (await NewStoreOn(bucket, "restored")).Tip(Other, Stop));
        Assert.DoesNotContain(await bucket.List("", Stop), key => key.StartsWith("workspaces/other/", StringComparison.Ordinal));

        async Task<bool> IsManifestOf(WorkspaceId id) => await Bucket.Get($"workspaces/{id}/manifest", Stop) is not null;
    }

    [Fact]
    public async Task Pruning_keeps_what_the_snapshots_that_stay_need_and_nothing_else()
    {
        var ids = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            await Commit($"{i}.md", $"{i}\n");
            ids.Add((await Make()).Snapshot);
        }

        var contents = await Contents(Bucket);
        var pruned = await On().Prune(null, [ids[1]], Stop);
        Assert.Equal((1, 3), (pruned.Removed.Count, pruned.Kept.Count));
        pruned = await On().Prune(2, [], Stop);
        Assert.Equal([ids[0]], pruned.Removed);
        Assert.True(pruned.Objects > 0);
        Assert.Equal(contents, await Contents((await Restore()).Bucket));
        Assert.Empty((await On().Check(ids[2], Silent, Stop)).Report.Faults);
        Assert.Equal(0, (await On().Prune(2, [], Stop)).Objects);
        await Refused("unknown-snapshot", () => On().Prune(null, [ids[0]], Stop));
        await Refused("unknown-snapshot", () => Restore(ids[0]));
        await Refused("unknown-snapshot", () => Restore("../" + ids[2]));
    }

    [Fact]
    public async Task The_newest_is_the_last_one_made_whatever_the_clock_says()
    {
        var time = new FakeTime();
        var backups = new Backups(new FolderBucket(Place), new SealingOptions { KeyFile = KeyFile }, time);
        time.Advance(TimeSpan.FromDays(900));
        var first = await backups.Make(Bucket, NoFiles, Silent, Stop);
        await Commit("b.md", "b\n");
        var second = await new Backups(new FolderBucket(Place), new SealingOptions { KeyFile = KeyFile }, new FakeTime()).Make(Bucket, NoFiles, Silent, Stop);

        Assert.Equal([first.Snapshot, second.Snapshot], (await On().List(Stop)).Select(s => s.Id));
        Assert.Equal([first.Snapshot], (await On().Prune(1, [], Stop)).Removed);
        Assert.Equal(await Contents(Bucket), await Contents((await Restore()).Bucket));
    }

    [Fact]
    public async Task Nothing_is_pruned_while_a_snapshot_that_stays_cannot_be_opened()
    {
        var first = await Make();
        await Commit("b.md", "b\n");
        await Make();
        var index = Path.Combine(Place, "snapshots", first.Snapshot, "index");
        var bytes = await File.ReadAllBytesAsync(index, Stop);
        bytes[60] ^= 1;
        await File.WriteAllBytesAsync(index, bytes, Stop);
        var objects = Files(Path.Combine(Place, "objects"));

        Assert.Contains(first.Snapshot, (await Refused("backup-unreadable", () => On().Prune(2, [], Stop))).Hint, StringComparison.Ordinal);
        Assert.Equal(objects, Files(Path.Combine(Place, "objects")));
        Assert.Equal([first.Snapshot], (await On().Prune(null, [first.Snapshot], Stop)).Removed);
        Assert.Equal(await Contents(Bucket), await Contents((await Restore()).Bucket));
    }

    [Fact]
    public async Task What_is_damaged_in_the_bucket_is_named_when_it_is_backed_up()
    {
        await Fill();
        var bundle = (await ReadManifest()).Bundles[0].Key;
        var path = Path.Combine(Folder, "bucket", bundle);
        var bytes = await File.ReadAllBytesAsync(path, Stop);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(path, bytes, Stop);
        Assert.Equal((bundle, "object-damaged"), (Assert.Single((await Make()).Faults) is var damaged ? (damaged.Key, damaged.Rule) : default));

        File.Delete(path);
        await Commit("b.md", "b\n", Other);
        Assert.Equal((bundle, "bundle-missing"), (Assert.Single((await On(new FolderBucket(Path.Combine(Folder, "second"))).Make(Bucket, NoFiles, Silent, Stop)).Faults) is var missing ? (missing.Key, missing.Rule) : default));
        // All else is in it.
        var restored = NewBucket();
        await On(new FolderBucket(Path.Combine(Folder, "second"))).Restore(null, restored, DamagePolicy.LeaveOut, NoFilesBeside, Silent, Stop);
        Assert.Equal("b\n", Encoding.UTF8.GetString((await (await NewStoreOn(restored, "restored")).File(Other, "b.md", null, Stop)).Span));
    }

    [Fact]
    public async Task An_object_that_does_not_fit_into_memory_goes_through_in_pieces()
    {
        await Commit("large.bin", Convert.ToBase64String(RandomNumberGenerator.GetBytes(6_000_000)));
        var made = await Make();

        Assert.True(made.NewBytes > 5_000_000);
        Assert.Empty(made.Faults);
        Assert.Equal(await Contents(Bucket), await Contents((await Restore()).Bucket));
    }

    private static IProgress<WorkProgress> Silent { get; } = new NoProgress();

    private static void NoFilesBeside(IReadOnlyDictionary<string, ReadOnlyMemory<byte>> files)
    {
    }

    private Backups On(IBucket? place = null) => new(place ?? new FolderBucket(Place), new SealingOptions { KeyFile = KeyFile }, TimeProvider.System);

    private Task<BackupReport> Make() => On().Make(Bucket, NoFiles, Silent, Stop);

    private FolderBucket NewBucket() => new(Path.Combine(Folder, $"restored{Interlocked.Increment(ref _restored)}"));

    private async Task<(FolderBucket Bucket, RestoreReport Report)> Restore(string? snapshot = null)
    {
        var bucket = NewBucket();
        return (bucket, await On().Restore(snapshot, bucket, DamagePolicy.Refuse, NoFilesBeside, Silent, Stop));
    }

    /// <summary>Two workspaces with a history, a proposal and a note, and records.</summary>
    private async Task Fill()
    {
        var (one, two) = (await NewAgent("d1"), await NewAgent("d2"));
        one.Write("a/one.md", "trunk\n");
        await one.Commit("t1");
        var landed = await one.Send(Store, Notes, "t1");
        two.Write("a/one.md", "beside\n");
        await two.Commit("t1");
        Assert.NotNull((await two.Send(Store, Notes, "t1")).ProposalRef);
        await Store.AddNote(Notes, landed.Sha, _ => "a receipt\n", Stop);
        await Store.Create(Other, new Dictionary<string, string> { ["a.md"] = "a\n" }, Agent.Subject, Stop);
        foreach (var key in (string[])["runs/ended/r1", "runs/live/r2", "sessions/s1", "tokens/0123456789ab", "transcripts/r1", "cards/merge-1"])
            await Sealed.Put(key, Encoding.UTF8.GetBytes($"content of {key}"), PutCondition.None, Stop);
    }

    private async Task<CommitResult> Commit(string path, string content, WorkspaceId? workspace = null)
    {
        var agent = await Agent.Clone(Store, workspace ?? Notes, Path.Combine(Folder, $"working-{Guid.NewGuid():N}"), $"d-{Guid.NewGuid():N}"[..20]);
        agent.Write(path, content);
        await agent.Commit("t1");
        return await agent.Send(Store, workspace ?? Notes, "t1");
    }

    private int _ended;

    private int Ended() => Volatile.Read(ref _ended);

    // As control does it: the record of a run moves once its commit is durable. Bundles become one all the time.
    private async Task WriteUntil(CancellationToken ended)
    {
        await using var store = NewStore("writer", change: options => options with { MostBundles = 3 });
        var agent = await NewAgent("writer", store);
        var records = new Records(Sealed);
        for (var n = 0; !ended.IsCancellationRequested; n++)
        {
            await records.Put($"runs/live/r{n}", new RecordsKey("bGl2ZQ"), VexaJson.Default.RecordsKey, Stop);
            agent.Write("count.md", $"{n}\n");
            await agent.Commit($"t{n}");
            var result = await agent.Send(store, Notes, $"t{n}");
            await agent.Advance();
            await records.Put($"runs/ended/r{n}", result, VexaJson.Default.CommitResult, Stop);
            await records.Remove($"runs/live/r{n}", Stop);
            Interlocked.Increment(ref _ended);
        }
    }

    private static async Task<SortedDictionary<string, string>> Contents(FolderBucket bucket)
    {
        var contents = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var key in await bucket.List("", Stop))
            contents[key] = (await bucket.Get(key, Stop))!.ETag;
        return contents;
    }

    private static string[] Files(string folder) => [.. Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    private sealed class NoProgress : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value)
        {
        }
    }
}
