using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Vexa.IntegrationTests.Drivers;
using Vexa.Workspaces;

namespace Vexa.IntegrationTests.Workspaces.S3;

/// <summary>The way to a real server on which requests and answers get lost, or which fails.</summary>
public sealed class LostAnswerTests : IAsyncLifetime
{
    private readonly Mischief _way = new();
    private BucketSettings _settings = null!;
    private S3Objects _objects = null!;

    /// <summary>The same place, reached without trouble.</summary>
    private S3Objects _other = null!;

    public async ValueTask InitializeAsync()
    {
        var settings = (await SharedCeph.WithConditions()).At(SharedCeph.Bucket, Guid.NewGuid().ToString("n"));
        _settings = settings with { S3 = settings.S3 with { PartSize = 5 * 1024 * 1024 } };
        (_objects, _other) = (Open(_way), Open(null));
    }

    public ValueTask DisposeAsync()
    {
        _objects.Dispose();
        _other.Dispose();
        _way.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_creation_whose_answer_was_lost_was_ours()
    {
        Next(Fate.LostAnswer);
        var etag = await Put(_objects, "one", PutCondition.CreateOnly);

        Assert.Equal((await Read(_other)).ETag, etag);
        Assert.Null(await Put(_objects, "two", PutCondition.CreateOnly));
        Assert.Equal("one", (await Read(_other)).Text);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nobody_below_asks_again_by_itself_what_was_put_and_not_answered(bool reset)
    {
        Next(reset ? Fate.LostByReset : Fate.LostAnswer);

        Assert.NotNull(await Put(_objects, "one", PutCondition.CreateOnly));
        Assert.Single(_way.Asked, asked => asked.StartsWith("PUT ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_connection_that_is_reset_again_and_again_is_told_as_every_fault_of_the_bucket()
    {
        using var impatient = Open(_way, options => options with { Patience = TimeSpan.FromMilliseconds(300) });
        _way.Decide = (_, _) => Fate.LostByReset;

        await Refused("bucket-unavailable", () => impatient.Get("k", Stop));
        await Refused("bucket-unavailable", () => impatient.List("", Stop));
        await Refused("bucket-unavailable", () => Put(impatient, "one", PutCondition.None));
    }

    [Fact]
    public async Task A_creation_that_was_answered_by_a_fault_and_performed_was_ours()
    {
        Next(Fate.FailAfterwards(HttpStatusCode.InternalServerError, "InternalError"));

        Assert.NotNull(await Put(_objects, "one", PutCondition.CreateOnly));
    }

    [Fact]
    public async Task Of_two_that_create_the_same_the_one_that_lost_its_answer_hears_that_it_was_not_the_first()
    {
        await Put(_other, "same", PutCondition.CreateOnly);
        Next(Fate.LostAnswer);

        Assert.Null(await Put(_objects, "same", PutCondition.CreateOnly));
    }

    [Fact]
    public async Task A_replacement_whose_answer_was_lost_was_ours()
    {
        var first = await Put(_objects, "one", PutCondition.None);
        Next(Fate.LostAnswer);
        var second = await Put(_objects, "two", PutCondition.IfMatch(first!));

        Assert.Equal((await Read(_other)).ETag, second);
        Assert.NotNull(await Put(_objects, "three", PutCondition.IfMatch(second!)));
    }

    [Fact]
    public async Task A_replacement_that_lost_the_race_and_its_answer_is_refused()
    {
        await Put(_other, "one", PutCondition.None);
        var (read, _) = ((await Read(_objects)).ETag, await Read(_other));
        await Put(_other, "theirs", PutCondition.IfMatch(read));
        await Put(_other, "theirs again", PutCondition.IfMatch((await Read(_other)).ETag));
        Next(Fate.LostAnswer);

        Assert.Null(await Put(_objects, "ours", PutCondition.IfMatch(read)));
        Assert.Equal("theirs again", (await Read(_other)).Text);
    }

    [Fact]
    public async Task A_replacement_that_was_performed_and_then_replaced_is_no_refusal()
    {
        await Put(_objects, "one", PutCondition.None);
        var read = (await Read(_objects)).ETag;
        var (isLost, isReplaced) = (false, false);
        // Before anybody asks what became of the lost put, somebody has read it, and replaced it.
        _way.Decide = (request, _) =>
        {
            if (request.Method == HttpMethod.Head && !isReplaced)
            {
                isReplaced = true;
                Task.Run(async () => await Put(_other, "theirs", PutCondition.IfMatch((await Read(_other)).ETag)), Stop).GetAwaiter().GetResult();
            }

            if (request.Method != HttpMethod.Put || isLost)
                return null;

            isLost = true;
            return Fate.LostAnswer;
        };

        var failure = await Assert.ThrowsAsync<VexaException>(() => Put(_objects, "ours", PutCondition.IfMatch(read)));
        Assert.Equal("bucket-unavailable", failure.Rule);
        Assert.Equal("theirs", (await Read(_other)).Text);
    }

    [Theory]
    [InlineData(HttpStatusCode.ServiceUnavailable, "SlowDown")]
    [InlineData(HttpStatusCode.InternalServerError, "InternalError")]
    [InlineData(HttpStatusCode.BadGateway, "SomethingBetween")]
    [InlineData(HttpStatusCode.TooManyRequests, "TooManyRequests")]
    [InlineData(HttpStatusCode.BadRequest, "RequestTimeout")]
    [InlineData(HttpStatusCode.Conflict, "ConditionalRequestConflict")]
    public async Task A_server_that_fails_some_times_is_asked_again(HttpStatusCode status, string code)
    {
        Next(Fate.Fail(status, code), Fate.Fail(status, code), Fate.Fail(status, code));

        Assert.NotNull(await Put(_objects, "one", PutCondition.CreateOnly));
        Assert.Equal(3, _way.Seen.Count(seen => seen.EndsWith($" {(int)status}", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Every_third_request_fails_and_nothing_is_noticed()
    {
        var fates = (Fate[])[Fate.LostAnswer, Fate.Fail(HttpStatusCode.ServiceUnavailable, "SlowDown"), Fate.FailAfterwards(HttpStatusCode.InternalServerError, "InternalError")];
        _way.Decide = (_, number) => number % 3 == 0 ? fates[number / 3 % 3] : null;
        await Put(_objects, "0", PutCondition.CreateOnly);
        for (var i = 1; i <= 20; i++)
            Assert.NotNull(await Put(_objects, $"{i}", PutCondition.IfMatch((await Read(_objects)).ETag)));

        var large = RandomNumberGenerator.GetBytes(16 * 1024 * 1024);
        using var content = new Dripping(large);
        await _objects.Put("large", content, PutCondition.None, Stop);
        Assert.Equal(large, (await _objects.Get("large", Stop))!.Content.ToArray());
        Assert.Equal("20", (await Read(_other)).Text);
    }

    [Fact]
    public async Task Patience_ends()
    {
        using var impatient = Open(_way, options => options with { Patience = TimeSpan.FromSeconds(3) });
        _way.Decide = (_, _) => Fate.Fail(HttpStatusCode.ServiceUnavailable, "SlowDown");

        await Refused("bucket-unavailable", () => Put(impatient, "one", PutCondition.None));
        Assert.True(_way.Seen.Count > 1);
    }

    [Fact]
    public async Task A_request_that_hangs_is_made_again()
    {
        using var brisk = Open(_way, options => options with { RequestTime = TimeSpan.FromSeconds(1) });
        Next(Fate.Hang);

        Assert.NotNull(await Put(brisk, "one", PutCondition.CreateOnly));
    }

    [Fact]
    public async Task Nobody_waits_for_a_request_that_hangs_once_it_is_cancelled()
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        Next(Fate.Hang);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _objects.Get("k", stop.Token));
    }

    [Fact]
    public async Task What_breaks_off_while_it_is_read_goes_on_from_there()
    {
        var content = RandomNumberGenerator.GetBytes(3_000_000);
        await _other.Put("large", new MemoryStream(content), PutCondition.None, Stop);
        Next(Fate.Break(after: 1_000_000), Fate.Break(after: 1_000_000));
        using var copy = new MemoryStream();

        Assert.NotNull(await _objects.CopyTo("large", copy, Stop));
        Assert.Equal(content, copy.ToArray());
        Assert.Equal(2, _way.Seen.Count(seen => seen.EndsWith(" 206", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_fault_of_the_destination_is_no_reason_to_read_again()
    {
        await Put(_other, "one", PutCondition.None);
        using var full = new MemoryStream(new byte[1], 0, 1, writable: true);

        await Assert.ThrowsAsync<NotSupportedException>(() => _objects.CopyTo("k", full, Stop));
        Assert.Single(_way.Seen);
    }

    [Fact]
    public async Task An_upload_of_which_a_part_fails_is_undone()
    {
        _way.Decide = (request, _) => request.RequestUri!.Query.Contains("partNumber=2", StringComparison.Ordinal) ? Fate.Fail(HttpStatusCode.Forbidden, "AccessDenied") : null;
        using var content = new Dripping(new byte[11 * 1024 * 1024]);

        await Refused("bucket-denied", () => _objects.Put("large", content, PutCondition.None, Stop));
        using var connection = new S3Connection(_settings.S3, null);
        var open = await connection.Client.ListMultipartUploadsAsync(new Amazon.S3.Model.ListMultipartUploadsRequest { BucketName = SharedCeph.Bucket }, Stop);
        Assert.DoesNotContain(open.MultipartUploads ?? [], upload => upload.Key.StartsWith(_settings.Address.Prefix, StringComparison.Ordinal));
        Assert.Null(await _other.Get("large", Stop));
    }

    [Fact]
    public async Task An_upload_whose_end_was_not_answered_is_there()
    {
        var large = RandomNumberGenerator.GetBytes(11 * 1024 * 1024);
        using var content = new Dripping(large);
        _way.Decide = (request, _) => request.Method == HttpMethod.Post && request.RequestUri!.Query.Contains("uploadId=", StringComparison.Ordinal) ? Once(Fate.LostAnswer) : null;

        Assert.NotNull(await _objects.Put("large", content, PutCondition.None, Stop));
        Assert.Equal(large, (await _other.Get("large", Stop))!.Content.ToArray());
    }

    [Fact]
    public async Task What_has_to_be_mended_is_told_with_the_mend()
    {
        using var stranger = Open(null, options => options with { SecretKey = new Secret("another") });
        using var elsewhere = new S3Objects(BucketAddress.TryParse("s3://nobodys-bucket")!, _settings.S3, TimeProvider.System, NullLogger.Instance);

        Assert.Contains("AWS_SECRET_ACCESS_KEY", (await Refused("bucket-denied", () => stranger.Get("k", Stop))).Hint, StringComparison.Ordinal);
        Assert.Contains("nobodys-bucket", (await Refused("bucket-missing", () => elsewhere.Get("k", Stop))).Message, StringComparison.Ordinal);

        Next(Fate.Fail(HttpStatusCode.BadRequest, "AuthorizationHeaderMalformed"));
        Assert.Contains("VEXA_S3_REGION=eu-west-7", (await Refused("bucket-region", () => _objects.Get("k", Stop))).Hint, StringComparison.Ordinal);
        Next(Fate.Fail(HttpStatusCode.Forbidden, "QuotaExceeded"));
        Assert.Equal(507, (await Refused("bucket-full", () => Put(_objects, "one", PutCondition.None))).Status);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private S3Objects Open(HttpMessageHandler? handler, Func<S3Options, S3Options>? change = null) =>
        new(_settings.Address, change?.Invoke(_settings.S3) ?? _settings.S3, TimeProvider.System, NullLogger.Instance, handler) { Support = ConditionalS3Tests.Found };

    private void Next(params Fate[] fates)
    {
        var queue = new Queue<Fate>(fates);
        _way.Decide = (_, _) => queue.TryDequeue(out var fate) ? fate : null;
    }

    private Fate? Once(Fate fate)
    {
        _way.Decide = (_, _) => null;
        return fate;
    }

    private static Task<string?> Put(S3Objects objects, string text, PutCondition condition) =>
        objects.Put("k", new MemoryStream(Encoding.ASCII.GetBytes(text)), condition, Stop);

    private static async Task<(string Text, string ETag)> Read(S3Objects objects)
    {
        var read = (await objects.Get("k", Stop))!;
        return (Encoding.ASCII.GetString(read.Content.Span), read.ETag);
    }

    private static async Task<VexaException> Refused(string rule, Func<Task> call)
    {
        var failure = await Assert.ThrowsAsync<VexaException>(call);
        Assert.Equal(rule, failure.Rule);
        return failure;
    }
}
