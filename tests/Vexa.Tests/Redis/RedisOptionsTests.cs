using Vexa.Redis;

namespace Vexa.Tests.Redis;

public class RedisOptionsTests
{
    [Theory]
    [InlineData("unix:/run/vexa/redis.sock", "unix:/run/vexa/redis.sock")]
    [InlineData("unix:///run/vexa/redis.sock", "unix:/run/vexa/redis.sock")]
    [InlineData("redis://localhost", "redis://localhost:6379")]
    [InlineData("redis://10.0.0.7:7000/", "redis://10.0.0.7:7000")]
    [InlineData("redis://[::1]:7000", "redis://[::1]:7000")]
    [InlineData("redis://app:s3cret@cache", "redis://app@cache:6379")]
    [InlineData("redis://:s3cret@cache", "redis://cache:6379")]
    [InlineData("rediss://app:s3cret@cache:6380?ca=/etc/ca.pem", "rediss://app@cache:6380")]
    public void An_address_is_read_and_shown_without_its_password(string address, string shown)
    {
        var options = RedisOptions.Parse(address);
        Assert.Equal(shown, options.ToString());
        options.Validate();
    }

    [Fact]
    public void User_and_password_are_percent_decoded()
    {
        var options = RedisOptions.Parse("rediss://a%40b:p%3A%2F%3Fw@host?ca=/etc/my%20ca.pem");
        Assert.Equal(("a@b", "p:/?w", "/etc/my ca.pem", true), (options.User, options.Password, options.TlsAuthorities, options.Tls));
    }

    [Theory]
    [InlineData("")]
    [InlineData("localhost:6379")]
    [InlineData("http://localhost")]
    [InlineData("unix:")]
    [InlineData("unix:relative/path")]
    [InlineData("redis://")]
    [InlineData("redis://user@host")]
    [InlineData("redis://user:@host")]
    [InlineData("redis://host:0")]
    [InlineData("redis://host:70000")]
    [InlineData("redis://host/3")]
    [InlineData("redis://host?ca=/etc/ca.pem")]
    [InlineData("rediss://host?db=3")]
    [InlineData("redis://host#x")]
    public void An_address_that_is_none_is_refused_with_the_forms_that_are(string address) =>
        Assert.Contains("unix:/path", Assert.Throws<FormatException>(() => RedisOptions.Parse(address)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("redis://user:s3cret@host/3")]
    [InlineData("redis://user:s3cret@host:99999999")]
    [InlineData("redis://user:s3cret@")]
    [InlineData("redi://user:s3cret@host")]
    public void A_refused_address_does_not_show_its_password(string address) =>
        Assert.DoesNotContain("s3cret", Assert.Throws<FormatException>(() => RedisOptions.Parse(address)).ToString(), StringComparison.Ordinal);

    [Fact]
    public void A_socket_path_too_long_for_the_system_is_refused_with_both_lengths()
    {
        var path = "/" + new string('x', 107);
        Assert.Contains("108", Assert.Throws<FormatException>(() => RedisOptions.Parse("unix:" + path)).Message, StringComparison.Ordinal);
        RedisOptions.Parse("unix:" + path[..107]);
    }

    [Fact]
    public void All_faults_are_reported_together()
    {
        var options = new RedisOptions
        {
            Port = 0, User = "app", ClientName = "two words", ConnectTimeout = TimeSpan.Zero, CommandTimeout = TimeSpan.FromDays(1),
            MaxReplyBytes = 1, MaxBlockingConnections = 0,
        };
        var message = Assert.Throws<ArgumentException>(options.Validate).Message;
        Assert.All(
            ["Port", "User", "ClientName", "ConnectTimeout", "CommandTimeout", "MaxReplyBytes", "MaxBlockingConnections"],
            name => Assert.Contains(name, message, StringComparison.Ordinal));
    }
}
