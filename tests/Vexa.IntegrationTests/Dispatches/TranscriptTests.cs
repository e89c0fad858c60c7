using System.Text;
using System.Text.RegularExpressions;
using Vexa.Control.Runs;
using Vexa.IntegrationTests.Drivers;
using Vexa.IntegrationTests.Workspaces;
using Vexa.Redis;
using Vexa.Streams;
using Vexa.Workspaces;

namespace Vexa.IntegrationTests.Dispatches;

public sealed partial class TranscriptTests : IAsyncLifetime
{
    private static readonly DispatchId Dispatch = Id.Parse<DispatchId>("d-1");
    private static readonly TurnId Turn = Id.Parse<TurnId>("t-1");
    private readonly string _folder = Directory.CreateTempSubdirectory("vexa-transcripts-").FullName;
    private PrivateRedis _server = null!;
    private RedisClient _redis = null!;
    private UnitStream _stream = null!;
    private FolderBucket _bucket = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await PrivateRedis.Start();
        _redis = _server.Connect();
        _stream = new UnitStream(_redis, TimeProvider.System);
        _bucket = new FolderBucket(_folder);
    }

    public async ValueTask DisposeAsync()
    {
        await _redis.DisposeAsync();
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task What_was_kept_is_read_again_from_any_cursor()
    {
        await Fill(frames: 130, size: 2000);
        var transcripts = new Transcripts(_stream, _bucket);
        await transcripts.Keep(Dispatch, Ct);

        var live = await _stream.Read(Dispatch, 0, 1000, Ct);
        Assert.Equal(131, live.Count);
        foreach (var after in (long[])[0, 1, 100, 131, 500])
            Assert.Equal(live.Where(f => f.Seq > after).Select(Shown), (await All(transcripts, after)).Select(Shown));
        Assert.Equal(131, await transcripts.LastSeq(Dispatch, Ct));
    }

    [Fact]
    public async Task Where_there_is_no_transcript_there_are_no_frames()
    {
        var transcripts = new Transcripts(_stream, _bucket);

        Assert.Empty(await All(transcripts, 0));
        Assert.Equal(0, await transcripts.LastSeq(Dispatch, Ct));
    }

    [Fact]
    public async Task The_stream_is_read_no_faster_than_the_bucket_takes_it()
    {
        await Fill(frames: 1000, size: 10_000);
        var (pages, bytes) = (-1L, 0L);
        var transcripts = new Transcripts(_stream, new TakingBucket(async content =>
        {
            var buffer = new byte[100_000];
            await content.ReadExactlyAsync(buffer, Ct);
            pages = await PagesRead();
            while (await content.ReadAsync(buffer, Ct) is > 0 and var read)
                bytes += read;
        }));
        await transcripts.Keep(Dispatch, Ct);

        Assert.InRange(pages, 1, 2);
        Assert.Equal(21, await PagesRead());
        Assert.InRange(bytes, 9_900_000, 11_000_000);
    }

    [Fact]
    public async Task A_transcript_that_breaks_off_is_not_kept()
    {
        await Fill(frames: 1000, size: 10_000);
        var transcripts = new Transcripts(_stream, new ScriptedBucket(_bucket) { BeforePut = _ => _server.Kill() });

        Assert.Equal("redis-unavailable", (await Assert.ThrowsAsync<VexaException>(() => transcripts.Keep(Dispatch, Ct))).Rule);
        Assert.Empty(await _bucket.List("", Ct));

        await _server.Restart();
        await new Transcripts(_stream, _bucket).Keep(Dispatch, Ct);
        Assert.Equal(1001, await transcripts.LastSeq(Dispatch, Ct));
    }

    [Fact]
    public async Task A_bucket_that_fails_says_so()
    {
        await Fill(frames: 1000, size: 10_000);
        var transcripts = new Transcripts(_stream, new TakingBucket(_ => throw new VexaException(Stage.Record, Party.Operator, "bucket-full", "Full.", "Less.")));

        Assert.Equal("bucket-full", (await Assert.ThrowsAsync<VexaException>(() => transcripts.Keep(Dispatch, Ct))).Rule);
    }

    [Fact]
    public async Task A_reader_may_leave_in_the_middle()
    {
        await Fill(frames: 1000, size: 10_000);
        var transcripts = new Transcripts(_stream, _bucket);
        await transcripts.Keep(Dispatch, Ct);

        await foreach (var frame in transcripts.Read(Dispatch, 0, Ct))
            if (frame.Seq == 10)
                break;
    }

    // The worker's budget is no matter here: nobody numbers these.
    private async Task Fill(int frames, int size)
    {
        await _stream.Append(Dispatch, [new TurnAccepted("user:ada") { Turn = Turn }], Ct);
        for (var i = 0; i < frames; i += 10)
            await _stream.Append(Dispatch, [.. Enumerable.Range(i, 10).Select(n => new MessageDelta(new string((char)('a' + n % 26), size)) { Turn = Turn })], Ct);
    }

    private static async Task<List<StreamFrame>> All(Transcripts transcripts, long after)
    {
        var frames = new List<StreamFrame>();
        await foreach (var frame in transcripts.Read(Dispatch, after, Ct))
            frames.Add(frame);

        return frames;
    }

    private static (long, string, string, string) Shown(StreamFrame frame) => (frame.Seq, frame.Type, frame.Turn, Encoding.UTF8.GetString(frame.Json.Span));

    private async Task<long> PagesRead()
    {
        var statistics = (await _redis.Execute(RedisCommand.Of("INFO", "commandstats"), Ct)).AsString();
        return long.Parse(Calls().Match(statistics).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
    }

    [GeneratedRegex("cmdstat_xrange:calls=([0-9]+)")]
    private static partial Regex Calls();

    /// <summary>A bucket that takes what is put as the test says.</summary>
    private sealed class TakingBucket(Func<Stream, Task> take) : IBucket
    {
        public async Task<string?> Put(string key, Stream content, PutCondition condition, CancellationToken ct)
        {
            await take(content);
            return "etag";
        }

        public Task<BucketObject?> Get(string key, CancellationToken ct) => throw new NotSupportedException();

        public Task<bool> CopyTo(string key, Stream destination, CancellationToken ct) => throw new NotSupportedException();

        public Task<IReadOnlyList<string>> List(string prefix, CancellationToken ct) => throw new NotSupportedException();

        public Task Delete(string key, CancellationToken ct) => throw new NotSupportedException();
    }
}
