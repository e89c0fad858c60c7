using FsCheck;
using FsCheck.Fluent;
using Vexa.Workspaces;

namespace Vexa.Tests.Workspaces;

public sealed class BucketSettingsTests
{
    [Theory]
    [InlineData("/srv/bucket", "/srv/bucket", null, "")]
    [InlineData("s3://notes", null, "notes", "")]
    [InlineData("s3://notes/", null, "notes", "")]
    [InlineData("s3://notes/teams/blue", null, "notes", "teams/blue/")]
    [InlineData("s3://notes.example-1/a", null, "notes.example-1", "a/")]
    public void An_address_is_a_folder_or_a_bucket_with_a_prefix(string text, string? folder, string? name, string prefix)
    {
        var address = BucketAddress.TryParse(text)!;

        Assert.Equal((folder, name, prefix), (address.Folder, address.Name, address.Prefix));
        Assert.Equal(address, BucketAddress.TryParse(address.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("bucket")]
    [InlineData("./bucket")]
    [InlineData("s3:/notes")]
    [InlineData("S3://notes")]
    [InlineData("s3://")]
    [InlineData("s3://no")]
    [InlineData("s3://Notes")]
    [InlineData("s3://no..tes")]
    [InlineData("s3://notes//a")]
    [InlineData("s3://notes/../other")]
    [InlineData("s3://notes/.hidden")]
    [InlineData("s3://notes/a b")]
    [InlineData("s3://id:key@notes")]
    [InlineData("https://notes")]
    public void Anything_else_is_none(string text) => Assert.Null(BucketAddress.TryParse(text));

    [Fact]
    public void Whatever_is_an_address_is_written_as_it_is_read() => Prop.ForAll(
        ArbMap.Default.ArbFor<NonNull<string>>(),
        ArbMap.Default.ArbFor<bool>(),
        (text, isS3) => BucketAddress.TryParse((isS3 ? "s3://" : "/") + text.Get) is not { } address || BucketAddress.TryParse(address.ToString()) == address)
        .QuickCheckThrowOnFailure();

    [Fact]
    public void Nothing_needs_to_be_set()
    {
        var settings = Read();

        Assert.Equal("/data/bucket", settings.Address.ToString());
        Assert.Equal([new("VEXA_BUCKET", "/data/bucket")], settings.Reveal());
    }

    [Fact]
    public void At_amazon_the_bucket_is_in_the_host_name_and_elsewhere_in_the_path()
    {
        (string, string)[] amazon = [("VEXA_BUCKET", "s3://notes"), ("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "key")];

        Assert.False(Read(amazon).S3.PathStyle);
        Assert.True(Read([.. amazon, ("VEXA_S3_ENDPOINT", "https://s3.example")]).S3.PathStyle);
        Assert.False(Read([.. amazon, ("VEXA_S3_ENDPOINT", "https://s3.example"), ("VEXA_S3_STYLE", "virtual")]).S3.PathStyle);
    }

    [Fact]
    public void All_faults_are_told_together()
    {
        var faults = Faults(("VEXA_BUCKET", "notes"), ("VEXA_S3_ENDPOINT", "s3.example"), ("VEXA_S3_REGION", "Europe!"), ("VEXA_S3_STYLE", "round"), ("AWS_SECRET_ACCESS_KEY", "hunter2"));

        Assert.All(["VEXA_BUCKET", "VEXA_S3_ENDPOINT", "VEXA_S3_REGION", "VEXA_S3_STYLE", "AWS_ACCESS_KEY_ID"], name => Assert.Contains(faults, fault => fault.Contains(name, StringComparison.Ordinal)));
        Assert.DoesNotContain(faults, fault => fault.Contains("hunter2", StringComparison.Ordinal));
        Assert.Single(Faults(("VEXA_BUCKET", "s3://notes")));
    }

    [Theory]
    [InlineData("http://127.0.0.1:9000", null, true)]
    [InlineData("http://localhost:9000", null, true)]
    [InlineData("http://[::1]:9000", null, true)]
    [InlineData("https://10.0.0.7", null, true)]
    [InlineData("http://10.0.0.7", null, false)]
    [InlineData("http://10.0.0.7", "no", false)]
    [InlineData("http://10.0.0.7", "yes", true)]
    [InlineData("http://127.0.0.1.example", null, false)]
    [InlineData("https://user:hunter2@s3.example", null, false)]
    [InlineData("https://s3.example/path", null, false)]
    public void Plain_http_leaves_the_machine_only_where_it_is_allowed(string endpoint, string? allowed, bool isFine)
    {
        var faults = Faults([("VEXA_S3_ENDPOINT", endpoint), .. allowed is null ? Array.Empty<(string, string)>() : [("VEXA_S3_ALLOW_HTTP", allowed)]]);

        Assert.Equal(isFine, faults.Count == 0);
        Assert.DoesNotContain(faults, fault => fault.Contains("hunter2", StringComparison.Ordinal));
    }

    [Fact]
    public void What_control_gets_is_read_as_it_was_meant()
    {
        var settings = Read(("VEXA_BUCKET", "s3://notes/a"), ("VEXA_S3_ENDPOINT", "http://10.0.0.7:9000"), ("VEXA_S3_ALLOW_HTTP", "yes"), ("VEXA_S3_STYLE", "virtual"),
            ("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "key"), ("AWS_SESSION_TOKEN", "token"));

        Assert.Equal(settings.Reveal(), Read([.. settings.Reveal().Select(variable => (variable.Key, variable.Value))]).Reveal());
    }

    [Fact]
    public void Another_address_is_on_the_same_server()
    {
        var settings = Read(("VEXA_S3_ENDPOINT", "https://s3.example"), ("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "key"));

        Assert.Equal(settings.S3, settings.At("s3://backups").S3);
        Assert.Equal("bucket-address", Assert.Throws<VexaException>(() => settings.At("backups")).Rule);
    }

    private static BucketSettings Read(params (string Name, string Value)[] variables)
    {
        var faults = new List<string>();
        var settings = BucketSettings.From(name => variables.FirstOrDefault(v => v.Name == name).Value, "/data/bucket", faults);
        Assert.Empty(faults);
        return settings;
    }

    private static List<string> Faults(params (string Name, string Value)[] variables)
    {
        var faults = new List<string>();
        BucketSettings.From(name => variables.FirstOrDefault(v => v.Name == name).Value, "/data/bucket", faults);
        return faults;
    }
}
