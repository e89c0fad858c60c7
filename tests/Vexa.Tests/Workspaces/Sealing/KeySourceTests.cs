using System.Text.Json;
using Vexa.Workspaces;

namespace Vexa.Tests.Workspaces.Sealing;

/// <summary>Key file and passphrase: what they refuse, and that keys before the current one still open.</summary>
public sealed class KeySourceTests : IDisposable
{
    private const string Purpose = "workspace/home";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_key_is_unwrapped_for_its_own_purpose_only()
    {
        var keys = KeyFile.OpenOrCreate(Keys, TimeProvider.System);
        using var key = DataKey.New();
        var wrapped = await keys.Wrap(key, Purpose, Stop);

        using var same = await keys.Unwrap(WrappedKey.TryParse(wrapped.Text)!, Purpose, Stop);
        Assert.Equal(key.Reveal().ToArray(), same.Reveal().ToArray());
        Assert.Equal(keys.CurrentKeyId, wrapped.KeyId);
        Assert.NotEqual(wrapped.Text, (await keys.Wrap(key, Purpose, Stop)).Text);
        await Refused("key-wrong", () => keys.Unwrap(wrapped, "workspace/other", Stop).AsTask());
        for (var at = 0; at < wrapped.Content.Length; at++)
        {
            var damaged = wrapped.Content.ToArray();
            damaged[at] ^= 1;
            await Refused("key-wrong", () => keys.Unwrap(wrapped with { Content = damaged }, Purpose, Stop).AsTask());
        }

        await Refused("key-wrong", () => keys.Unwrap(wrapped with { Content = wrapped.Content[1..] }, Purpose, Stop).AsTask());
    }

    [Fact]
    public async Task After_a_rotation_the_new_key_wraps_and_the_old_one_still_unwraps_in_every_process()
    {
        var (one, two) = (KeyFile.OpenOrCreate(Keys, TimeProvider.System), KeyFile.Open(Keys, TimeProvider.System));
        using var key = DataKey.New();
        var before = await one.Wrap(key, Purpose, Stop);
        await one.Rotate(Stop);
        var after = await one.Wrap(key, Purpose, Stop);

        Assert.NotEqual(before.KeyId, after.KeyId);
        foreach (var source in (IKeySource[])[one, two, KeyFile.Open(Keys, TimeProvider.System)])
            foreach (var wrapped in (WrappedKey[])[before, after])
                using (var same = await source.Unwrap(wrapped, Purpose, Stop))
                    Assert.Equal(key.Reveal().ToArray(), same.Reveal().ToArray());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Keys));
        Assert.Equal([Keys], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task Processes_that_rotate_at_once_lose_no_key()
    {
        KeyFile.OpenOrCreate(Keys, TimeProvider.System);
        var used = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            var (keys, wrapped) = (KeyFile.Open(Keys, TimeProvider.System), new List<WrappedKey>());
            using var key = DataKey.New();
            for (var i = 0; i < 10; i++)
            {
                await keys.Rotate(Stop);
                wrapped.Add(await keys.Wrap(key, Purpose, Stop));
            }

            return wrapped;
        })));

        var after = KeyFile.Open(Keys, TimeProvider.System);
        foreach (var wrapped in used.SelectMany(wrapped => wrapped))
            (await after.Unwrap(wrapped, Purpose, Stop)).Dispose();
        Assert.Equal(41, (await File.ReadAllLinesAsync(Keys, Stop)).Count(line => line[0] != '#'));
    }

    [Fact]
    public async Task A_key_file_that_would_be_too_long_to_be_read_whole_is_refused_and_loses_no_key()
    {
        var keys = KeyFile.OpenOrCreate(Keys, TimeProvider.System);
        var lines = await File.ReadAllLinesAsync(Keys, Stop);
        var more = Enumerable.Range(0, 2000).Select(i => $"k-{i:d4} {Convert.ToBase64String(new byte[32])}").ToList();
        while (string.Concat(lines.Concat(more)).Length + lines.Length + more.Count > 64 * 1024)
            more.RemoveAt(more.Count - 1);
        var full = string.Join('\n', [.. more.Prepend(lines[0]), lines[^1], ""]);
        Write(Keys, full);

        await Refused("key-file", async () =>
        {
            await keys.Rotate(Stop);
            return keys;
        });
        Assert.Equal(full, await File.ReadAllTextAsync(Keys, Stop));
        Assert.Equal([Keys], Directory.GetFiles(_folder.Path));
        Assert.Equal(keys.CurrentKeyId, KeyFile.Open(Keys, TimeProvider.System).CurrentKeyId);
        Write(Keys, full + more[0]);
        await Refused("key-file", () => Task.FromResult(KeyFile.Open(Keys, TimeProvider.System)));
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.GroupWrite)]
    [InlineData(UnixFileMode.OtherExecute)]
    public async Task A_key_file_that_others_may_touch_is_refused_with_its_mend(UnixFileMode open)
    {
        KeyFile.OpenOrCreate(Keys, TimeProvider.System);
        File.SetUnixFileMode(Keys, File.GetUnixFileMode(Keys) | open);

        var failure = await Refused("key-file", () => Task.FromResult(KeyFile.Open(Keys, TimeProvider.System)));
        Assert.Equal($"Run: chmod 600 {Keys}", failure.Hint);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# only a comment\n")]
    [InlineData("k-1\n")]
    [InlineData("k-1 c2hvcnQ=\n")]
    [InlineData("k/1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")]
    [InlineData("k-1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nk-1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")]
    public async Task What_is_no_key_file_is_told_and_never_overwritten(string content)
    {
        Write(Keys, content);

        await Refused("key-file", () => Task.FromResult(KeyFile.OpenOrCreate(Keys, TimeProvider.System)));
        Assert.Equal(content, await File.ReadAllTextAsync(Keys, Stop));
    }

    [Fact]
    public async Task A_passphrase_opens_what_it_sealed_and_another_one_does_not()
    {
        var options = new SealingOptions { KeyFile = Keys, PassphraseFile = _folder["passphrase"] };
        Write(options.PassphraseFile, "correct horse battery staple\n");
        using (var bucket = await Open(options))
            await bucket.Put("k", "v"u8.ToArray(), PutCondition.None, Stop);

        using (var bucket = await Open(options))
            Assert.Equal("v"u8.ToArray(), (await bucket.Get("k", Stop))!.Content.ToArray());
        Assert.False(File.Exists(Keys));
        Write(options.PassphraseFile, "correct horse battery stable\n");
        await Refused("key-unknown", () => Open(options));
        File.Delete(options.PassphraseFile);
        await Refused("key-missing", () => Open(options));
    }

    [Fact]
    public async Task A_passphrase_does_not_open_what_a_key_file_sealed_and_leaves_nothing_in_it()
    {
        (await Open(new SealingOptions { KeyFile = Keys })).Dispose();
        var options = new SealingOptions { KeyFile = Keys, PassphraseFile = _folder["passphrase"] };
        Write(options.PassphraseFile, "correct horse battery staple\n");
        var bucket = new FolderBucket(_folder["bucket"]);
        var before = await bucket.List("", Stop);

        await Refused("key-unknown", () => Open(options));
        await Refused("key-unknown", () => SealedBucket.Open(new ReadOnlyBucket(bucket), options, TimeProvider.System, Stop));
        await Refused("key-unknown", () => SealedBucket.FindKey(bucket, options, TimeProvider.System, Stop));
        Assert.Equal(before, await bucket.List("", Stop));
    }

    [Fact]
    public async Task A_passphrase_is_replaced_by_a_line_below_it()
    {
        var options = new SealingOptions { KeyFile = Keys, PassphraseFile = _folder["passphrase"] };
        Write(options.PassphraseFile, "correct horse battery staple\n");
        using (var bucket = await Open(options))
        {
            await bucket.Put("k", "v"u8.ToArray(), PutCondition.None, Stop);
            await Refused("passphrase-same", () => bucket.Keys.Rotate(Stop).AsTask());
            Write(options.PassphraseFile, "correct horse battery staple\nanother one, rather long\n");
            await bucket.Keys.Rotate(Stop);
            Assert.True(await bucket.RewrapRecordsKey(Stop));
            Assert.False(await bucket.RewrapRecordsKey(Stop));
        }

        Write(options.PassphraseFile, "another one, rather long\n");
        using var after = await Open(options);
        Assert.NotNull(await after.Get("k", Stop));
    }

    [Theory]
    [InlineData(0, "c2FsdHNhbHRzYWx0c2FsdHNhbHRzYWx0c2FsdHNhbHQ=")]
    [InlineData(599_999, "c2FsdHNhbHRzYWx0c2FsdHNhbHRzYWx0c2FsdHNhbHQ=")]
    [InlineData(int.MaxValue, "c2FsdHNhbHRzYWx0c2FsdHNhbHRzYWx0c2FsdHNhbHQ=")]
    [InlineData(600_000, "c2FsdA==")]
    [InlineData(600_000, "no base64")]
    public async Task A_passphrase_is_not_used_the_way_that_whoever_can_write_the_bucket_wants(int rounds, string salt)
    {
        Write(_folder["passphrase"], "correct horse battery staple\n");
        var bucket = new FolderBucket(_folder["weakened"]);
        await bucket.Put(Passphrase.SaltKey, JsonSerializer.SerializeToUtf8Bytes(new PassphraseSalt(rounds, salt), VexaJson.Default.PassphraseSalt), PutCondition.None, Stop);

        var failure = await Refused("object-damaged", () => SealedBucket.Open(bucket, new SealingOptions { KeyFile = Keys, PassphraseFile = _folder["passphrase"] }, TimeProvider.System, Stop));
        Assert.Contains(Passphrase.SaltKey, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("short\n")]
    [InlineData("\n\n")]
    public async Task A_passphrase_that_is_none_is_refused(string content)
    {
        Write(_folder["passphrase"], content);

        await Refused("key-file", () => Open(new SealingOptions { KeyFile = Keys, PassphraseFile = _folder["passphrase"] }));
    }

    [Theory]
    [InlineData("")]
    [InlineData("AQ==")]
    [InlineData("AQAA")]
    [InlineData("AgFhYWFh")]
    [InlineData("AQVhYg==")]
    [InlineData("{}")]
    public void What_is_no_wrapped_key_is_null(string text) => Assert.Null(WrappedKey.TryParse(text));

    [Fact]
    public void A_key_that_is_gone_reveals_nothing()
    {
        var key = DataKey.New();
        key.Dispose();

        Assert.Throws<ObjectDisposedException>(() => key.Reveal().Length);
    }

    private string Keys => _folder["seal.keys"];

    private Task<SealedBucket> Open(SealingOptions options) => SealedBucket.Open(new FolderBucket(_folder["bucket"]), options, TimeProvider.System, Stop);

    private static void Write(string path, string content)
    {
        File.WriteAllText(path, content);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private static async Task<VexaException> Refused<T>(string rule, Func<Task<T>> call)
    {
        var failure = await Assert.ThrowsAsync<VexaException>(call);
        Assert.Equal(rule, failure.Rule);
        Assert.NotEqual("", failure.Hint);
        return failure;
    }

    private static Task<VexaException> Refused(string rule, Func<Task> call) => Refused(rule, async () =>
    {
        await call();
        return 0;
    });

    private static CancellationToken Stop => TestContext.Current.CancellationToken;
}
