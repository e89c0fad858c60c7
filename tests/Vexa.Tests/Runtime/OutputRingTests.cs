using FsCheck;
using FsCheck.Fluent;
using Vexa.Runtime.Native;

namespace Vexa.Tests.Runtime;

public sealed class OutputRingTests
{
    [Fact]
    public void It_keeps_exactly_the_last_bytes_whatever_the_writes()
    {
        var sizes = Gen.ListOf(Gen.Choose(0, 2 * OutputRing.Capacity), 8).ToArbitrary();
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(50), Prop.ForAll(sizes, writes =>
        {
            var ring = new OutputRing();
            var all = new List<byte>();
            foreach (var size in writes)
            {
                var data = Enumerable.Range(all.Count, size).Select(i => (byte)(i % 251)).ToArray();
                ring.Write(data);
                all.AddRange(data);
            }

            return ring.Written == all.Count && ring.Snapshot().AsSpan().SequenceEqual(all.TakeLast(OutputRing.Capacity).ToArray());
        }));
    }

    [Fact]
    public void A_little_output_takes_little_memory()
    {
        var ring = new OutputRing();
        ring.Write("hello "u8);
        ring.Write("world"u8);
        Assert.Equal("hello world"u8.ToArray(), ring.Snapshot());
    }
}
