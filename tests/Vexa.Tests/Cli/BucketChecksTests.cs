using Vexa.Cli.Setup;
using Vexa.Cli.Stack;
using Vexa.Tests.Workspaces;
using Vexa.Workspaces;

namespace Vexa.Tests.Cli;

public sealed class BucketChecksTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Before_the_first_start_nothing_is_made()
    {
        Assert.All(await Check(), finding => Assert.Equal(Verdict.Ok, finding.Verdict));
        Assert.False(Directory.Exists(Bucket));
        Assert.False(File.Exists(Options.KeyFile));
    }

    [Fact]
    public async Task An_empty_bucket_stays_unsealed()
    {
        await new FolderBucket(Bucket).List("", Stop);

        Assert.All(await Check(), finding => Assert.Equal(Verdict.Ok, finding.Verdict));
        Assert.Empty(await new FolderBucket(Bucket).List("", Stop));
        Assert.False(File.Exists(Options.KeyFile));
    }

    [Fact]
    public async Task The_key_that_opens_the_bucket_is_named()
    {
        await Seal();

        Assert.StartsWith("k-", (await Key()).Detail, StringComparison.Ordinal);
        Assert.Equal(Verdict.Ok, (await Key()).Verdict);
    }

    [Fact]
    public async Task A_key_that_others_may_read_is_wrong_and_so_are_none_and_another_one()
    {
        await Seal();
        File.SetUnixFileMode(Options.KeyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        Assert.Contains("chmod 600", (await Key()).Mend, StringComparison.Ordinal);

        File.Delete(Options.KeyFile);
        Assert.Contains("not there", (await Key()).Detail, StringComparison.Ordinal);
        Assert.False(File.Exists(Options.KeyFile));

        using (await SealedBucket.Open(new FolderBucket(_folder["another"]), Options.Sealing, TimeProvider.System, Stop))
            Assert.Equal(Verdict.Wrong, (await Key()).Verdict);
    }

    [Fact]
    public async Task Objects_without_the_key_that_sealed_them_are_told()
    {
        await new FolderBucket(Bucket).Put("runs/ended/x", "x"u8.ToArray(), PutCondition.None, Stop);

        Assert.Contains("keys/records", (await Key()).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_passphrase_for_a_bucket_that_a_key_file_sealed_leaves_no_salt_behind()
    {
        await Seal();
        var passphrase = _folder["passphrase"];
        await File.WriteAllTextAsync(passphrase, "correct horse battery staple\n", Stop);
        File.SetUnixFileMode(passphrase, UnixFileMode.UserRead | UnixFileMode.UserWrite);

        Assert.Equal(Verdict.Wrong, (await Key(Options with { PassphraseFile = passphrase })).Verdict);
        Assert.Null(await new FolderBucket(Bucket).Get("keys/passphrase", Stop));
    }

    [Fact]
    public async Task An_s3_server_that_is_not_there_is_told_with_the_mend()
    {
        var options = Options with
        {
            NamedBucket = new BucketSettings(BucketAddress.TryParse("s3://notes")!, new S3Options
            {
                Endpoint = new Uri("http://127.0.0.1:1"),
                AccessKey = "id",
                SecretKey = new Secret("key"),
            }),
        };

        var finding = Assert.Single(await BucketChecks.Run(options, new HastyTime(), Stop));
        Assert.Equal((Verdict.Wrong, "bucket"), (finding.Verdict, finding.Name));
        Assert.NotNull(finding.Mend);
    }

    public void Dispose() => _folder.Dispose();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Bucket => Path.Combine(Options.DataFolder, "bucket");

    private StackOptions Options => new() { DataFolder = _folder["data"], RunFolder = "/run/vexa/1" };

    private Task<IReadOnlyList<Finding>> Check(StackOptions? options = null) => BucketChecks.Run(options ?? Options, TimeProvider.System, Stop);

    private async Task<Finding> Key(StackOptions? options = null) => (await Check(options)).Single(finding => finding.Name == "key");

    private async Task Seal()
    {
        using var bucket = await SealedBucket.Open(new FolderBucket(Bucket), Options.Sealing, TimeProvider.System, Stop);
    }

    /// <summary>Every look at the clock is five seconds later, and no wait takes long.</summary>
    private sealed class HastyTime : TimeProvider
    {
        private long _looks;

        public override long GetTimestamp() => Interlocked.Increment(ref _looks) * 5 * TimestampFrequency;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime < TimeSpan.FromSeconds(5) ? TimeSpan.Zero : dueTime, period);
    }
}
