# title: The right signature under another algorithm's name.
# expect: The header is signed and the algorithm pinned: 401.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my (undef, $payload, $signature) = split /\./, own_token();
my ($kid) = unb64u((split /\./, own_token())[0]) =~ /"kid":"([^"]+)"/;
forged_tokens(map { ("alg $_", b64u(qq({"alg":"$_","kid":"$kid","typ":"JWT"})) . ".$payload.$signature") }
    qw(RS256 PS256 ES384 ES512 ES256K EdDSA HS384 HS512 es256 ES256\u0000), 'ES256 ');
