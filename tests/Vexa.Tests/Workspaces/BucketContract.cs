using System.Text;
using Vexa.Workspaces;

namespace Vexa.Tests.Workspaces;

/// <summary>What every bucket does; each implementation is a subclass.</summary>
public abstract class BucketContract
{
    /// <summary>One more client of the same bucket, as another process would have.</summary>
    protected abstract IBucket Open();

    [Fact]
    public async Task What_was_put_is_what_is_read_by_every_client()
    {
        var etag = await Open().Put("a/b/c.json", Bytes("one"), PutCondition.None, Stop);
        var read = await Open().Get("a/b/c.json", Stop);

        Assert.Equal("one", Text(read));
        Assert.Equal(etag, read!.ETag);
        using var copy = new MemoryStream();
        Assert.True(await Open().CopyTo("a/b/c.json", copy, Stop));
        Assert.Equal("one", Encoding.UTF8.GetString(copy.ToArray()));
    }

    [Fact]
    public async Task What_is_not_there_is_null_and_deleting_it_is_no_fault()
    {
        var bucket = Open();
        await bucket.Put("folder/file", Bytes("x"), PutCondition.None, Stop);

        Assert.Null(await bucket.Get("nothing", Stop));
        Assert.Null(await bucket.Get("nothing/below", Stop));
        Assert.Null(await bucket.Get("folder", Stop));
        Assert.False(await bucket.CopyTo("nothing", Stream.Null, Stop));
        await bucket.Delete("nothing/below", Stop);
    }

    [Fact]
    public async Task An_object_is_created_only_once()
    {
        var bucket = Open();
        Assert.NotNull(await bucket.Put("k", Bytes("first"), PutCondition.CreateOnly, Stop));
        Assert.Null(await bucket.Put("k", Bytes("second"), PutCondition.CreateOnly, Stop));
        Assert.Equal("first", Text(await bucket.Get("k", Stop)));

        await bucket.Delete("k", Stop);
        Assert.NotNull(await bucket.Put("k", Bytes("third"), PutCondition.CreateOnly, Stop));
    }

    [Fact]
    public async Task A_replacement_needs_the_etag_of_what_is_there()
    {
        var bucket = Open();
        Assert.Null(await bucket.Put("k", Bytes("0"), PutCondition.IfMatch("none"), Stop));
        var first = await bucket.Put("k", Bytes("1"), PutCondition.None, Stop);
        var second = await bucket.Put("k", Bytes("2"), PutCondition.IfMatch(first!), Stop);

        Assert.NotNull(second);
        Assert.NotEqual(first, second);
        Assert.Null(await bucket.Put("k", Bytes("3"), PutCondition.IfMatch(first!), Stop));
        Assert.Equal("2", Text(await bucket.Get("k", Stop)));
    }

    [Fact]
    public async Task Of_many_creators_exactly_one_wins()
    {
        var clients = Enumerable.Range(0, 4).Select(_ => Open()).ToList();
        var puts = Enumerable.Range(0, 40).Select(i => Task.Run(() => clients[i % 4].Put("race", Bytes($"{i}"), PutCondition.CreateOnly, Stop)));

        Assert.Single(await Task.WhenAll(puts), etag => etag is not null);
    }

    [Fact]
    public async Task No_increment_is_lost_among_clients_that_replace_what_they_read()
    {
        var clients = Enumerable.Range(0, 4).Select(_ => Open()).ToList();
        await clients[0].Put("counter", Bytes("0"), PutCondition.None, Stop);

        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(async () =>
        {
            while (true)
            {
                var read = (await clients[i % 4].Get("counter", Stop))!;
                var next = int.Parse(Text(read)!, System.Globalization.CultureInfo.InvariantCulture) + 1;
                if (await clients[i % 4].Put("counter", Bytes($"{next}"), PutCondition.IfMatch(read.ETag), Stop) is not null)
                    return;
            }
        })));

        Assert.Equal("20", Text(await clients[0].Get("counter", Stop)));
    }

    [Fact]
    public async Task Readers_never_see_half_an_object()
    {
        var bucket = Open();
        var small = new byte[10];
        var large = Enumerable.Repeat((byte)7, 300_000).ToArray();
        await bucket.Put("k", small, PutCondition.None, Stop);
        using var done = new CancellationTokenSource();
        var reading = Task.Run(async () =>
        {
            var other = Open();
            while (!done.IsCancellationRequested)
                Assert.Contains((await other.Get("k", Stop))!.Content.Length, new[] { 10, 300_000 });
        }, Stop);
        for (var i = 0; i < 20; i++)
            await bucket.Put("k", i % 2 == 0 ? large : small, PutCondition.None, Stop);

        await done.CancelAsync();
        await reading;
    }

    [Fact]
    public async Task Keys_are_listed_by_prefix_in_order()
    {
        var bucket = Open();
        foreach (var key in (string[])["b/2", "a/1", "a/10/x", "a/2", "ab"])
            await bucket.Put(key, Bytes("x"), PutCondition.None, Stop);

        Assert.Equal(["a/1", "a/10/x", "a/2"], await bucket.List("a/", Stop));
        Assert.Equal(["a/1", "a/10/x"], await bucket.List("a/1", Stop));
        Assert.Equal(["a/1", "a/10/x", "a/2", "ab", "b/2"], await bucket.List("", Stop));
        Assert.Empty(await bucket.List("c/", Stop));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("a//b")]
    [InlineData("../a")]
    [InlineData("a/../b")]
    [InlineData(".locks/00")]
    [InlineData("a\\b")]
    [InlineData("a b")]
    [InlineData("ä")]
    [InlineData("a\0b")]
    public async Task Bad_keys_are_refused(string key)
    {
        var bucket = Open();
        await Assert.ThrowsAsync<ArgumentException>(() => bucket.Get(key, Stop));
        await Assert.ThrowsAsync<ArgumentException>(() => bucket.Put(key, Bytes("x"), PutCondition.None, Stop));
        await Assert.ThrowsAsync<ArgumentException>(() => bucket.Delete(key, Stop));
    }

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    protected static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    protected static string? Text(BucketObject? found) => found is null ? null : Encoding.UTF8.GetString(found.Content.Span);
}
