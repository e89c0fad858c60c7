# title: The attacker's own key is brought along in the header: jwk, jku, x5u, x5c.
# expect: The header is closed, nothing is fetched: 401.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my $key = attacker_key() or inconclusive('There is no openssl to make a key with.');
my $payload = unb64u((split /\./, own_token())[1]);
my ($kid) = unb64u((split /\./, own_token())[0]) =~ /"kid":"([^"]+)"/;
my $signed = sub { return jwt($_[0], $payload, sign_with($key)) };
my @forgeries = ('our own signature under the right kid', $signed->(qq({"alg":"ES256","kid":"$kid","typ":"JWT"})));
for my $id (qq("kid":"$kid",), '"kid":"attacker",', '') {
    push @forgeries, "jwk ($id)", $signed->(qq({"alg":"ES256",$id"typ":"JWT","jwk":$key->{jwk}}));
    push @forgeries, "jku $_ ($id)", $signed->(qq({"alg":"ES256",$id"typ":"JWT","jku":"$_"})) for 'http://127.0.0.1:1/jwks', 'file:///tmp/jwks', 'data:,{"keys":[]}';
    push @forgeries, "x5u ($id)", $signed->(qq({"alg":"ES256",$id"typ":"JWT","x5u":"http://127.0.0.1:1/x"}));
    push @forgeries, "x5c ($id)", $signed->(qq({"alg":"ES256",$id"typ":"JWT","x5c":["MIIB"]}));
}
forged_tokens(@forgeries);
