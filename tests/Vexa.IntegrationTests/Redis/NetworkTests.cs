using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Vexa.IntegrationTests.Drivers;
using Vexa.Redis;

namespace Vexa.IntegrationTests.Redis;

/// <summary>TCP with a password, an ACL user, and TLS.</summary>
public sealed class NetworkTests
{
    private const string Password = "p@ss:w/rd?";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_password_and_an_ACL_user_sign_in_over_TCP()
    {
        var port = FreePort.Take();
        await using var server = await PrivateRedis.Start(
            $"port {port}", "bind 127.0.0.1", $"requirepass {Password}", $"user app on >{Password} ~app:* +set +get");
        var secret = Uri.EscapeDataString(Password);

        await using (var byPassword = Client($"redis://:{secret}@127.0.0.1:{port}"))
            Assert.Equal("default", (await byPassword.Execute(RedisCommand.Of("ACL", "WHOAMI"), Ct)).AsString());

        // The user may not even PING, which is no reason not to connect.
        await using var byUser = Client($"redis://app:{secret}@127.0.0.1:{port}");
        Assert.Equal("OK", (await byUser.Execute(RedisCommand.Of("SET", "app:k", "v"), Ct)).AsString());
        var refused = await Assert.ThrowsAsync<RedisReplyException>(() => byUser.Execute(RedisCommand.Of("GET", "other"), Ct).AsTask());
        Assert.Equal("NOPERM", refused.Code);
        await using var blocking = await byUser.RentBlocking(Ct);
        Assert.Equal("v", (await blocking.Execute(RedisCommand.Of("GET", "app:k"), Ct)).AsString());
    }

    [Theory(Timeout = 60_000)]
    [InlineData(":wrong-s3cret@", "WRONGPASS")]
    [InlineData("nobody:wrong-s3cret@", "WRONGPASS")]
    [InlineData("", "NOAUTH")]
    public async Task A_refused_sign_in_says_why_and_shows_no_password(string credentials, string code)
    {
        var port = FreePort.Take();
        await using var server = await PrivateRedis.Start($"port {port}", "bind 127.0.0.1", $"requirepass {Password}");
        await using var redis = Client($"redis://{credentials}127.0.0.1:{port}", TimeSpan.FromMilliseconds(300));
        var failure = await Assert.ThrowsAsync<RedisUnavailableException>(() => redis.Execute(RedisCommand.Of("PING"), Ct).AsTask());
        Assert.Contains(code, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", failure.ToString() + redis.Status, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task TLS_connects_to_a_certificate_of_the_given_authority_and_to_no_other()
    {
        var port = FreePort.Take();
        await using var server = await PrivateRedis.Start(folder => TlsSettings(folder, port, "localhost"));
        var authority = Uri.EscapeDataString(Path.Combine(server.Folder, "ca.pem"));
        await using (var redis = Client($"rediss://localhost:{port}?ca={authority}"))
        {
            var large = RandomNumberGenerator.GetBytes(5 << 20);
            await redis.Execute(RedisCommand.Of("SET", "large", large), Ct);
            Assert.True((await redis.Execute(RedisCommand.Of("GET", "large"), Ct)).AsBytes().Span.SequenceEqual(large));
            var replies = await Task.WhenAll(Enumerable.Range(0, 10_000).Select(i => redis.Execute(RedisCommand.Of("ECHO", i), Ct).AsTask()));
            Assert.Equal(Enumerable.Range(0, 10_000).Select(i => (long)i), replies.Select(r => r.AsInt64()));
            for (var i = 0; i < 3; i++)
            {
                await using var blocking = await redis.RentBlocking(Ct);
                await blocking.Execute(RedisCommand.Of("PING"), Ct);
            }

            Assert.Equal(1, redis.Blocking.IdleCount);
        }

        await using var trusting = Client($"rediss://localhost:{port}", TimeSpan.FromSeconds(5));
        var failure = await Assert.ThrowsAsync<RedisUnavailableException>(() => trusting.Execute(RedisCommand.Of("PING"), Ct).AsTask());
        Assert.Contains("certificate", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task TLS_refuses_a_certificate_of_another_name()
    {
        var port = FreePort.Take();
        await using var server = await PrivateRedis.Start(folder => TlsSettings(folder, port, "elsewhere.example"));
        await using var redis = Client(
            $"rediss://localhost:{port}?ca={Uri.EscapeDataString(Path.Combine(server.Folder, "ca.pem"))}", TimeSpan.FromSeconds(5));
        var failure = await Assert.ThrowsAsync<RedisUnavailableException>(() => redis.Execute(RedisCommand.Of("PING"), Ct).AsTask());
        Assert.Contains("RemoteCertificateNameMismatch", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Without_TLS_on_a_TLS_port_it_is_unavailable_and_does_not_hang()
    {
        var port = FreePort.Take();
        await using var server = await PrivateRedis.Start(folder => TlsSettings(folder, port, "localhost"));
        await using var redis = Client($"redis://localhost:{port}", TimeSpan.FromMilliseconds(300));
        await Assert.ThrowsAsync<RedisUnavailableException>(() => redis.Execute(RedisCommand.Of("PING"), Ct).AsTask());
    }

    private static RedisClient Client(string address, TimeSpan? connectTimeout = null) =>
        new(RedisOptions.Parse(address) with { ConnectTimeout = connectTimeout ?? TimeSpan.FromSeconds(20) }, TimeProvider.System);

    private static IEnumerable<string> TlsSettings(string folder, int port, string name)
    {
        var now = TimeProvider.System.GetUtcNow();
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authorityRequest = new CertificateRequest("CN=test authority", authorityKey, HashAlgorithmName.SHA256);
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var authority = authorityRequest.CreateSelfSigned(now.AddHours(-1), now.AddHours(1));

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(authority, now.AddMinutes(-30), now.AddMinutes(30), [1, 2, 3]);

        File.WriteAllText(Path.Combine(folder, "ca.pem"), authority.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, "server.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, "server.key"), key.ExportPkcs8PrivateKeyPem());
        return
        [
            $"tls-port {port}", "bind 127.0.0.1", "tls-auth-clients no", $"tls-cert-file {folder}/server.pem",
            $"tls-key-file {folder}/server.key", $"tls-ca-cert-file {folder}/ca.pem",
        ];
    }
}
