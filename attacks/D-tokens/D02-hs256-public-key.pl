# title: A token signed by HMAC with the public key as the secret: its JWK, its coordinates, its DER and its PEM.
# expect: The algorithm is not the token's to choose: 401.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my $jwks = facts()->{public_jwks} or inconclusive('There is no public key among the facts.');
my ($kid, $x, $y) = map { $jwks =~ /"$_"\s*:\s*"([^"]+)"/ } qw(kid x y);
my $der = pack('H*', '3059301306072a8648ce3d020106082a8648ce3d030107034200') . "\x04" . unb64u($x) . unb64u($y);
my $base64 = b64u($der) =~ tr{-_}{+/}r;
$base64 .= '=' x (-length($base64) % 4);
my $pem = "-----BEGIN PUBLIC KEY-----\n" . join('', map { "$_\n" } $base64 =~ /(.{1,64})/g) . "-----END PUBLIC KEY-----\n";
my %secrets = (
    'the PEM' => $pem, 'the PEM without its last line end' => $pem =~ s/\n$//r, 'the DER' => $der, 'the JWKS' => $jwks,
    'the point' => "\x04" . unb64u($x) . unb64u($y), 'x and y' => unb64u($x) . unb64u($y), 'x' => $x, 'the kid' => $kid, 'nothing' => '',
    'the JWK' => qq({"crv":"P-256","kty":"EC","x":"$x","y":"$y"}),
);
my $payload = unb64u((split /\./, own_token())[1]);
my @forgeries;
for my $name (sort keys %secrets) {
    for my $alg ('HS256', 'ES256') {
        push @forgeries, "$alg with $name as the secret", jwt(qq({"alg":"$alg","kid":"$kid","typ":"JWT"}), $payload, sub { hmac_sha256($_[0], $secrets{$name}) });
    }
}
forged_tokens(@forgeries);
