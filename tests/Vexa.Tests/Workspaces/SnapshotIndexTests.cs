using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Vexa.Workspaces;

namespace Vexa.Tests.Workspaces;

public sealed class SnapshotIndexTests
{
    private static readonly string Hash = new('a', 64);

    [Fact]
    public void Whatever_is_written_is_read_again()
    {
        var key = Gen.Elements("a", "b-c", "runs/ended/r1", "workspaces/w/manifest", "x.y_z/0");
        var its = Gen.ListOf(from k in key from n in Gen.Choose(0, int.MaxValue) from h in Gen.Elements("0", "f", "7") select (Key: k + n, new SnapshotObject(string.Concat(Enumerable.Repeat(h, 64)), n)));
        var files = Gen.ListOf(from k in key from bytes in ArbMap.Default.GeneratorFor<byte[]>() select (k, (ReadOnlyMemory<byte>)bytes));
        Prop.ForAll(Arb.From(its), Arb.From(files), (objects, beside) =>
        {
            var index = new SnapshotIndex("20261121T203355.123Z", objects.DistinctBy(o => o.Key).ToDictionary(o => o.Key, o => o.Item2), beside.DistinctBy(f => f.k).ToDictionary(f => f.k, f => f.Item2));
            var read = Read(Write(index));
            return read.Id == index.Id && read.Objects.OrderBy(o => o.Key).SequenceEqual(index.Objects.OrderBy(o => o.Key))
                && read.Files.OrderBy(f => f.Key).Select(f => (f.Key, Convert.ToHexString(f.Value.Span))).SequenceEqual(index.Files.OrderBy(f => f.Key).Select(f => (f.Key, Convert.ToHexString(f.Value.Span))));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_part_of_one_is_none()
    {
        var whole = Write(new SnapshotIndex("20261121T203355.123Z", new Dictionary<string, SnapshotObject> { ["a/b"] = new(Hash, 7), ["c"] = new(Hash, 8) }, new Dictionary<string, ReadOnlyMemory<byte>> { ["f"] = "text"u8.ToArray() }));
        // Without its last line break it still says all.
        for (var length = 0; length < whole.Length - 1; length++)
            Assert.Throws<InvalidDataException>(() => Read(whole[..length]));
    }

    [Theory]
    [InlineData("vexa-snapshot 2\n20261121T203355.123Z\nend 0\n")]
    [InlineData("vexa-snapshot 1\nyesterday\nend 0\n")]
    [InlineData("vexa-snapshot 1\n20261121T203355.123Z\nend 1\n")]
    [InlineData("vexa-snapshot 1\n20261121T203355.123Z\nend 0\nend 0\n")]
    [InlineData("vexa-snapshot 1\n20261121T203355.123Z\nobject abc 1 a\nend 1\n")]
    [InlineData("vexa-snapshot 1\n20261121T203355.123Z\nobject HASH -1 a\nend 1\n")]
    [InlineData("vexa-snapshot 1\n20261121T203355.123Z\nobject HASH 1 ../a\nend 1\n")]
    [InlineData("vexa-snapshot 1\n20261121T203355.123Z\nobject HASH 1 a\nobject HASH 1 a\nend 2\n")]
    [InlineData("vexa-snapshot 1\n20261121T203355.123Z\nfile !!! a\nend 0\n")]
    [InlineData("vexa-snapshot 1\n20261121T203355.123Z\nfile QQ== ../../etc/passwd\nend 0\n")]
    public void What_is_none_is_refused(string text) => Assert.Throws<InvalidDataException>(() => Read(Encoding.UTF8.GetBytes(text.Replace("HASH", Hash, StringComparison.Ordinal))));

    [Fact]
    public void Ids_are_in_the_order_of_time()
    {
        var start = new DateTimeOffset(2026, 12, 31, 23, 59, 59, 990, TimeSpan.FromHours(5));
        var ids = Enumerable.Range(0, 20).Select(i => SnapshotIndex.NewId(start.AddMilliseconds(i * 7))).ToList();

        Assert.Equal(ids.Order(StringComparer.Ordinal), ids);
        Assert.Equal(start.AddMilliseconds(7), SnapshotIndex.TimeOf(ids[1]));
    }

    private static byte[] Write(SnapshotIndex index)
    {
        using var stream = new MemoryStream();
        index.Write(stream);
        return stream.ToArray();
    }

    private static SnapshotIndex Read(byte[] bytes)
    {
        using var stream = new MemoryStream(bytes);
        return SnapshotIndex.Read(stream);
    }
}
