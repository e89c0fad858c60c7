using System.Net;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Vexa.Workspaces;

namespace Vexa.Tests.Workspaces;

/// <summary>An S3 server that is busy for a while.</summary>
public sealed class S3PatienceTests
{
    [Fact]
    public async Task A_minute_of_503_is_ridden_out()
    {
        var time = new HastyTime();

        Assert.Equal("1", await Put(TimeSpan.FromMinutes(1), time));
        Assert.True(time.GetElapsedTime(0) >= TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Two_minutes_of_503_are_not() =>
        Assert.Equal("bucket-unavailable", (await Assert.ThrowsAsync<VexaException>(() => Put(TimeSpan.FromMinutes(2), new HastyTime()))).Rule);

    private static async Task<string?> Put(TimeSpan busy, HastyTime time)
    {
        using var server = new Server(busy, time);
        using var objects = new S3Objects(
            BucketAddress.TryParse("s3://notes")!, new S3Options { Endpoint = new Uri("http://127.0.0.1:1"), PathStyle = true, AccessKey = "a", SecretKey = new Secret("b") }, time, NullLogger.Instance, server);
        return await objects.Put("k", new MemoryStream([1]), PutCondition.CreateOnly, TestContext.Current.CancellationToken);
    }

    private sealed class Server(TimeSpan busy, TimeProvider time) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var answer = new HttpResponseMessage(time.GetElapsedTime(0) < busy ? HttpStatusCode.ServiceUnavailable : HttpStatusCode.OK) { RequestMessage = request };
            if (answer.IsSuccessStatusCode)
                answer.Headers.ETag = new("\"1\"");
            else
                answer.Content = new StringContent("<Error><Code>SlowDown</Code><Message>Later.</Message></Error>", Encoding.UTF8, "application/xml");
            return Task.FromResult(answer);
        }
    }

    /// <summary>A wait is over at once, and so much later it is then. What is longer than a wait between two requests never ends.</summary>
    private sealed class HastyTime : TimeProvider
    {
        private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Read(ref _now);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime < TimeSpan.Zero || dueTime > LongestWait)
                return System.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, period);

            Interlocked.Add(ref _now, dueTime.Ticks);
            return System.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }
}
