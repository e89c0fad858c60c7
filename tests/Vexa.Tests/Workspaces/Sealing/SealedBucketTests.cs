using System.Security.Cryptography;
using System.Text;
using Vexa.Workspaces;

namespace Vexa.Tests.Workspaces.Sealing;

/// <summary>A sealed bucket is a bucket; below it nothing is readable, and nothing that was not sealed by it is read.</summary>
public sealed class SealedBucketTests : BucketContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    protected override IBucket Open() => Task.Run(() => OpenSealed()).GetAwaiter().GetResult();

    [Fact]
    public async Task Nothing_readable_lies_in_the_bucket()
    {
        var canary = RandomNumberGenerator.GetHexString(32);
        var bucket = await OpenSealed();
        await bucket.Put("runs/ended/d1", Encoding.UTF8.GetBytes($"it is {canary} here"), PutCondition.None, Stop);
        var files = Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories);

        Assert.Contains(files, file => file.EndsWith("runs/ended/d1", StringComparison.Ordinal));
        Assert.All(files, file => Assert.Equal(-1, File.ReadAllBytes(file).AsSpan().IndexOf(Encoding.UTF8.GetBytes(canary))));
    }

    [Fact]
    public async Task What_was_put_past_the_sealing_is_refused_by_name()
    {
        var bucket = await OpenSealed();
        await Plain.Put("tokens/mine", "{\"forged\":true}"u8.ToArray(), PutCondition.None, Stop);

        var failure = await Refused("not-sealed", () => bucket.Get("tokens/mine", Stop));
        Assert.Contains("tokens/mine", failure.Message, StringComparison.Ordinal);
        await Refused("not-sealed", () => bucket.CopyTo("tokens/mine", Stream.Null, Stop));
    }

    [Fact]
    public async Task An_object_that_was_moved_to_another_name_is_refused()
    {
        var bucket = await OpenSealed();
        await bucket.Put("tokens/mine", "mine"u8.ToArray(), PutCondition.None, Stop);
        await Plain.Put("tokens/yours", (await Plain.Get("tokens/mine", Stop))!.Content, PutCondition.None, Stop);

        Assert.Contains("tokens/yours", (await Refused("object-damaged", () => bucket.Get("tokens/yours", Stop))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_own_keys_are_not_seen_through_it()
    {
        var bucket = await OpenSealed();

        Assert.Empty(await bucket.List("", Stop));
        Assert.Equal(["keys/records"], await Plain.List("", Stop));
        await Assert.ThrowsAsync<ArgumentException>(() => bucket.Get("keys/records", Stop));
        await Assert.ThrowsAsync<ArgumentException>(() => bucket.Delete("keys/records", Stop));
    }

    [Fact]
    public async Task A_sealed_bucket_without_its_key_file_is_told_and_no_key_is_made()
    {
        await (await OpenSealed()).Put("k", "v"u8.ToArray(), PutCondition.None, Stop);
        File.Move(KeyPath, _folder["elsewhere"]);

        Assert.Contains(KeyPath, (await Refused("key-missing", OpenSealed)).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(KeyPath));

        File.Move(_folder["elsewhere"], KeyPath);
        Assert.Equal("v"u8.ToArray(), (await (await OpenSealed()).Get("k", Stop))!.Content.ToArray());
    }

    [Fact]
    public async Task A_key_file_of_another_installation_is_told_by_the_name_of_the_key_that_is_missing()
    {
        await OpenSealed();
        var id = Line()[0];
        File.Delete(KeyPath);
        KeyFile.OpenOrCreate(KeyPath, TimeProvider.System);

        Assert.Contains(id, (await Refused("key-unknown", OpenSealed)).Message, StringComparison.Ordinal);
        await File.WriteAllTextAsync(KeyPath, $"{id} {Line()[1]}\n", Stop);
        Assert.Contains(id, (await Refused("key-wrong", OpenSealed)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bucket_with_objects_and_without_keys_is_not_sealed_anew()
    {
        await Plain.Put("runs/ended/d1", "{}"u8.ToArray(), PutCondition.None, Stop);

        await Refused("bucket-not-sealed", OpenSealed);
        Assert.False(File.Exists(KeyPath));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("""{"wrapped_key":"no base64"}""")]
    [InlineData("""{"wrapped_key":"AQ=="}""")]
    public async Task A_records_key_that_is_none_is_damage(string content)
    {
        await OpenSealed();
        await Plain.Put("keys/records", Encoding.UTF8.GetBytes(content), PutCondition.None, Stop);

        await Refused("object-damaged", OpenSealed);
    }

    [Fact]
    public async Task Many_that_start_at_once_use_one_key()
    {
        var buckets = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(OpenSealed, Stop)));
        await Task.WhenAll(buckets.Select((bucket, i) => bucket.Put($"k/{i}", "v"u8.ToArray(), PutCondition.None, Stop)));

        foreach (var bucket in buckets)
            for (var i = 0; i < buckets.Length; i++)
                Assert.NotNull(await bucket.Get($"k/{i}", Stop));
    }

    private FolderBucket Plain => new(_folder["bucket"]);

    private string KeyPath => _folder["keys/seal.keys"];

    private string[] Line() => File.ReadAllLines(KeyPath)[^1].Split(' ');

    private Task<SealedBucket> OpenSealed() => SealedBucket.Open(Plain, new SealingOptions { KeyFile = KeyPath }, TimeProvider.System, Stop);

    private static async Task<VexaException> Refused(string rule, Func<Task> call)
    {
        var failure = await Assert.ThrowsAsync<VexaException>(call);
        Assert.Equal(rule, failure.Rule);
        Assert.NotEqual("", failure.Hint);
        return failure;
    }
}
