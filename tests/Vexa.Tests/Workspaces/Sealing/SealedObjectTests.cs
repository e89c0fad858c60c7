using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using Vexa.Workspaces;

namespace Vexa.Tests.Workspaces.Sealing;

/// <summary>What was sealed opens to the same; whatever was done to it is found out and named, and no byte passes that was not sealed there.</summary>
public sealed class SealedObjectTests
{
    private const int Chunk = SealedFormat.Chunk;
    private const int SealedChunk = SealedFormat.SealedChunk;
    private const int Header = SealedFormat.HeaderLength;

    private readonly ObjectSeal _seal = SealedObjects.NewSeal();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(Chunk - 1)]
    [InlineData(Chunk)]
    [InlineData(Chunk + 1)]
    [InlineData(2 * Chunk - 1)]
    [InlineData(2 * Chunk)]
    [InlineData(2 * Chunk + 1)]
    [InlineData(5 * Chunk + 12_345)]
    public async Task What_was_sealed_opens_to_the_same(int length)
    {
        var plain = RandomNumberGenerator.GetBytes(length);
        foreach (var (read, written) in ((int, int)[])[(1 << 17, 100_000), (1000, 1), (SealedChunk, SealedChunk), (SealedChunk - 1, Header + SealedChunk)])
        {
            var sealedObject = await SealedObjects.Seal(plain, _seal, readAtOnce: read);
            Assert.Equal(Header + length + SealedFormat.TagLength * Math.Max(1, (length + Chunk - 1) / Chunk), sealedObject.Length);
            var (opened, failure) = await SealedObjects.Open(sealedObject, _seal, writtenAtOnce: Math.Max(written, length / 5000 + 1));
            Assert.Null(failure);
            Assert.Equal(plain, opened);
        }
    }

    [Fact]
    public void Any_length_comes_back() => Prop.ForAll(Lengths(), length =>
    {
        var plain = RandomNumberGenerator.GetBytes(length);
        return Blocking(async () =>
        {
            var (opened, failure) = await SealedObjects.Open(await SealedObjects.Seal(plain, _seal), _seal);
            return failure is null && opened.AsSpan().SequenceEqual(plain);
        });
    }).QuickCheckThrowOnFailure();

    [Fact]
    public async Task Every_single_byte_that_is_flipped_is_found_out()
    {
        var sealedObject = await SealedObjects.Seal(RandomNumberGenerator.GetBytes(200), _seal);
        for (var at = 0; at < sealedObject.Length; at++)
            for (var bit = 0; bit < 8; bit++)
            {
                var damaged = (byte[])sealedObject.Clone();
                damaged[at] ^= (byte)(1 << bit);
                var (opened, failure) = await SealedObjects.Open(damaged, _seal);
                Assert.Equal(at < 8 ? "not-sealed" : "object-damaged", failure?.Rule);
                Assert.Contains(SealedObjects.Name, failure!.Message, StringComparison.Ordinal);
                Assert.Empty(opened);
            }
    }

    [Fact]
    public void A_byte_that_is_flipped_anywhere_stops_all_from_its_chunk_on() => Prop.ForAll(Lengths(), Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), (length, where) =>
        IsFoundOut(length, sealedObject =>
        {
            var at = where % sealedObject.Length;
            sealedObject[at] ^= 0x40;
            return (sealedObject, Math.Max(0, at - Header) / SealedChunk);
        })).QuickCheckThrowOnFailure();

    [Fact]
    public void An_object_that_is_cut_anywhere_is_found_out() => Prop.ForAll(Lengths(), Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), (length, where) =>
        IsFoundOut(length, sealedObject =>
        {
            var left = where % sealedObject.Length;
            return (sealedObject[..left], Math.Max(0, left - Header) / SealedChunk);
        })).QuickCheckThrowOnFailure();

    [Fact]
    public void What_is_appended_is_found_out() => Prop.ForAll(Lengths(), Gen.Choose(1, 2 * SealedChunk).ToArbitrary(), (length, more) =>
        IsFoundOut(length, sealedObject => ([.. sealedObject, .. RandomNumberGenerator.GetBytes(more)], Math.Max(0, length - 1) / Chunk))).QuickCheckThrowOnFailure();

    [Fact]
    public async Task Chunks_cannot_be_swapped_repeated_left_out_or_ended_early()
    {
        var sealedObject = await SealedObjects.Seal(RandomNumberGenerator.GetBytes(3 * Chunk), _seal);
        byte[][] chunks = [.. sealedObject[Header..].Chunk(SealedChunk)];
        foreach (var order in (int[][])[[1, 0, 2], [0, 2, 1], [0, 0, 1, 2], [0, 1, 1, 2], [0, 1, 2, 2], [0, 2], [1, 2], [0, 1], [2], []])
        {
            byte[] other = [.. sealedObject[..Header], .. order.SelectMany(i => chunks[i])];
            var (opened, failure) = await SealedObjects.Open(other, _seal);
            Assert.Equal("object-damaged", failure?.Rule);
            Assert.Equal(0, opened.Length % Chunk);
            Assert.True(opened.Length / Chunk <= order.TakeWhile((chunk, at) => chunk == at).Count());
        }
    }

    [Fact]
    public async Task Chunks_of_another_object_under_the_same_name_and_key_do_not_fit()
    {
        var (one, two) = (await SealedObjects.Seal(new byte[2 * Chunk], _seal), await SealedObjects.Seal(new byte[2 * Chunk], _seal));
        byte[] mixed = [.. one[..(Header + SealedChunk)], .. two[(Header + SealedChunk)..]];

        Assert.Equal("object-damaged", (await SealedObjects.Open(mixed, _seal)).Failure?.Rule);
        Assert.NotEqual(one[Header..], two[Header..]);
    }

    [Fact]
    public async Task An_object_opens_under_its_own_name_in_its_own_scope_with_its_own_key_only()
    {
        var sealedObject = await SealedObjects.Seal([1, 2, 3], _seal);

        Assert.Equal("object-damaged", (await SealedObjects.Open(sealedObject, _seal, "runs/ended/d2")).Failure?.Rule);
        Assert.Equal("object-damaged", (await SealedObjects.Open(sealedObject, _seal with { Scope = "workspace/home" })).Failure?.Rule);
        Assert.Equal("object-damaged", (await SealedObjects.Open(sealedObject, SealedObjects.NewSeal())).Failure?.Rule);
        Assert.Null((await SealedObjects.Open(sealedObject, _seal)).Failure);
    }

    [Fact]
    public async Task What_is_wrong_is_told()
    {
        var sealedObject = await SealedObjects.Seal(new byte[2 * Chunk + 5], _seal);

        Assert.Equal("it is cut off after chunk 2", await Told(sealedObject[..(Header + 2 * SealedChunk)]));
        Assert.Equal("something follows its end, chunk 1", await Told([.. await SealedObjects.Seal(new byte[Chunk], _seal), 0]));
        Assert.Equal("chunk 3 is not what was sealed there", await Told(sealedObject[..^1]));
        Assert.Equal("it is cut off in its header", await Told(sealedObject[..20]));
        sealedObject[8] = 2;
        Assert.Equal("its version is not known here", await Told(sealedObject));
    }

    private async Task<string> Told(byte[] damaged)
    {
        var failure = (await SealedObjects.Open(damaged, _seal)).Failure!;
        Assert.Equal((Party.Operator, 500), (failure.Party, failure.Status));
        return failure.Message.Split(": ", 2)[1].TrimEnd('.');
    }

    private bool IsFoundOut(int length, Func<byte[], (byte[] Damaged, int SoundChunks)> damage)
    {
        var plain = RandomNumberGenerator.GetBytes(length);
        return Blocking(async () =>
        {
            var (damaged, sound) = damage(await SealedObjects.Seal(plain, _seal));
            var (opened, failure) = await SealedObjects.Open(damaged, _seal);
            return failure is not null && opened.Length <= sound * Chunk && plain.AsSpan().StartsWith(opened);
        });
    }

    private static Arbitrary<int> Lengths() => Gen.OneOf(
        Gen.Choose(0, 3), Gen.Choose(0, 3 * Chunk),
        from chunks in Gen.Choose(1, 3) from off in Gen.Choose(-17, 17) select chunks * Chunk + off).ToArbitrary();

    private static bool Blocking(Func<Task<bool>> check) => Task.Run(check).GetAwaiter().GetResult();
}
