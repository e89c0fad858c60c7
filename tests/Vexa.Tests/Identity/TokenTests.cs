using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Vexa.Identity;

namespace Vexa.Tests.Identity;

public sealed class TokenTests : IDisposable
{
    private readonly SigningKey _key = SigningKey.Ephemeral();
    private readonly FakeTime _time = new();
    private readonly TokenMint _mint;
    private readonly TokenVerifier _verifier;
    private readonly Grant _grant = Grant.Of(Sample.Dispatch());

    public TokenTests()
    {
        _mint = new TokenMint(_key, _time);
        _verifier = new TokenVerifier(KeySet.Of(_key.Public), _time);
    }

    public void Dispose() => _key.Dispose();

    [Fact]
    public void A_token_says_what_the_grant_says()
    {
        var claims = _verifier.Verify(Fresh(), Audience.Door);

        Assert.Equal(_grant.Subject.Value, claims.Sub);
        Assert.Equal("user:ada", claims.Act.Sub);
        Assert.Equal(_grant.Dispatch, claims.Dispatch);
        Assert.Equal(_grant.Workspaces, claims.Workspaces);
        Assert.Equal(900, claims.Exp - claims.Iat);
    }

    [Fact]
    public void A_token_is_for_one_boundary() => Refuses("token-audience", Fresh(), Audience.Runtime);

    [Fact]
    public void A_token_ends_after_fifteen_minutes()
    {
        var token = Fresh();
        _time.Advance(TimeSpan.FromMinutes(15) + TimeSpan.FromSeconds(4));
        _verifier.Verify(token, Audience.Door);
        _time.Advance(TimeSpan.FromSeconds(2));

        Refuses("token-expired", token);
    }

    [Fact]
    public void A_token_from_the_future_is_refused()
    {
        var token = Fresh();
        _time.Advance(TimeSpan.FromSeconds(-10));

        Refuses("token-invalid", token);
    }

    [Fact]
    public void A_token_of_another_key_is_refused()
    {
        using var other = SigningKey.Ephemeral();
        Refuses("token-invalid", new TokenMint(other, _time).Mint(_grant, Audience.Door, TokenMint.Lifetime));
    }

    [Fact]
    public void A_longer_life_than_fifteen_minutes_is_not_minted() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => _mint.Mint(_grant, Audience.Door, TimeSpan.FromMinutes(16)));

    [Theory]
    [InlineData("none")]
    [InlineData("None")]
    [InlineData("nOnE")]
    [InlineData("HS256")]
    [InlineData("ES384")]
    [InlineData("RS256")]
    public void Another_algorithm_is_refused_with_and_without_a_signature(string alg)
    {
        var parts = Fresh().Split('.');
        var header = Encode($$"""{"alg":"{{alg}}","kid":"{{_key.Public.Kid}}","typ":"JWT"}""");

        Refuses("token-invalid", $"{header}.{parts[1]}.{parts[2]}");
        Refuses("token-invalid", $"{header}.{parts[1]}.");
        Refuses("token-invalid", Resign(header, parts[1]));
    }

    [Fact]
    public void The_public_key_is_no_hmac_secret()
    {
        var header = Encode($$"""{"alg":"HS256","kid":"{{_key.Public.Kid}}"}""");
        var payload = Fresh().Split('.')[1];
        var signature = HMACSHA256.HashData(Encoding.ASCII.GetBytes(_key.Public.X), Encoding.ASCII.GetBytes($"{header}.{payload}"));

        Refuses("token-invalid", $"{header}.{payload}.{Base64Url.EncodeToString(signature)}");
    }

    [Theory]
    [InlineData("""{"alg":"ES256","kid":"KID","jwk":{"kty":"EC"}}""")]
    [InlineData("""{"alg":"ES256","kid":"KID","jku":"https://127.0.0.1/keys"}""")]
    [InlineData("""{"alg":"ES256","kid":"KID","crit":["b64"],"b64":false}""")]
    [InlineData("""{"alg":"ES256","kid":"KID","x5u":"https://127.0.0.1/"}""")]
    [InlineData("""{"alg":"ES256","alg":"none","kid":"KID"}""")]
    [InlineData("""{"alg":"ES256"}""")]
    [InlineData("""{"alg":"ES256","kid":"other"}""")]
    [InlineData("""[]""")]
    [InlineData("""{"\ud800":"x"}""")]
    [InlineData("""{"alg":"\ud800","kid":"KID"}""")]
    public void A_header_with_anything_else_in_it_is_refused_even_rightly_signed(string header) =>
        Refuses("token-invalid", Resign(Encode(header.Replace("KID", _key.Public.Kid, StringComparison.Ordinal)), Fresh().Split('.')[1]));

    [Theory]
    [InlineData("exp", "\"9999999999\"")]
    [InlineData("exp", "1e308")]
    [InlineData("exp", "99999999999999")]
    [InlineData("exp", "1.5")]
    [InlineData("exp", "-1")]
    [InlineData("exp", null)]
    [InlineData("iat", null)]
    [InlineData("iss", "\"vexa/\"")]
    [InlineData("iss", null)]
    [InlineData("aud", "[\"vexa-door\",\"other\"]")]
    [InlineData("aud", "\"VEXA-DOOR\"")]
    [InlineData("aud", null)]
    [InlineData("dispatch", "\"../other\"")]
    [InlineData("admin", "true")]
    public void Claims_that_are_not_exactly_ours_are_refused_even_rightly_signed(string claim, string? value)
    {
        var claims = JsonNode.Parse(Base64Url.DecodeFromChars(Fresh().Split('.')[1]))!.AsObject();
        if (value is null)
            claims.Remove(claim);
        else
            claims[claim] = JsonNode.Parse(value);

        var token = Resign(Fresh().Split('.')[0], Encode(claims.ToJsonString()));
        Assert.Equal(401, Assert.Throws<VexaException>(() => _verifier.Verify(token, Audience.Door)).Status);
    }

    [Fact]
    public void Every_single_character_matters()
    {
        var token = Fresh();
        for (var i = 0; i < token.Length - 1; i++)
        {
            var changed = token[..i] + (token[i] == 'A' ? 'B' : 'A') + token[(i + 1)..];
            Assert.Equal(401, Assert.Throws<VexaException>(() => _verifier.Verify(changed, Audience.Door)).Status);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("a.b")]
    [InlineData("..")]
    [InlineData("%%%.%%%.%%%")]
    public void Garbage_is_refused(string token) => Refuses("token-invalid", token);

    [Fact]
    public void A_verifying_role_learns_the_key_from_the_folder_that_control_wrote_even_later()
    {
        var folder = Directory.CreateTempSubdirectory("vexa-keys-").FullName;
        try
        {
            var verifier = new TokenVerifier(KeySet.FromFolder(folder), _time);
            Assert.Throws<VexaException>(() => verifier.Verify(Fresh(), Audience.Door));

            using var key = SigningKey.LoadOrCreate(folder);
            using var again = SigningKey.LoadOrCreate(folder);
            Assert.Equal(key.Public, again.Public);
            verifier.Verify(new TokenMint(key, _time).Mint(_grant, Audience.Door, TokenMint.Lifetime), Audience.Door);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder, "signing.pem")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_signing_key_that_others_may_read_is_not_used()
    {
        var folder = Directory.CreateTempSubdirectory("vexa-keys-").FullName;
        try
        {
            SigningKey.LoadOrCreate(folder).Dispose();
            File.SetUnixFileMode(Path.Combine(folder, "signing.pem"), UnixFileMode.UserRead | UnixFileMode.OtherRead);

            Assert.Equal("signing-key", Assert.Throws<VexaException>(() => SigningKey.LoadOrCreate(folder)).Rule);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private string Fresh() => _mint.Mint(_grant, Audience.Door, TokenMint.Lifetime);

    private string Resign(string header, string payload) =>
        $"{header}.{payload}.{Base64Url.EncodeToString(_key.Sign(Encoding.ASCII.GetBytes($"{header}.{payload}")))}";

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    private void Refuses(string rule, string token, string audience = Audience.Door)
    {
        var refusal = Assert.Throws<VexaException>(() => _verifier.Verify(token, audience));
        Assert.Equal((rule, 401), (refusal.Rule, refusal.Status));
    }
}
