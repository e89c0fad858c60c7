# title: A kid that is a path, a query, a wildcard, far too long, or no text at all.
# expect: A kid is looked up in a closed set and nowhere else: 401.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my $key = attacker_key() or inconclusive('There is no openssl to make a key with.');
my $payload = unb64u((split /\./, own_token())[1]);
my $path = "/tmp/kid-$$.json";
open my $file, '>', $path or inconclusive("$path: $!");
print $file qq({"keys":[{"kty":"EC","crv":"P-256","alg":"ES256","kid":"k","x":"$key->{x}","y":"$key->{y}"}]});
close $file;
my @kids = map { json_text($_) } '../../../../dev/null', $path, "file://$path", '*', '', '0', "' or 1=1 --", '${jndi:ldap://127.0.0.1/x}', 'A' x 4000, "a\0b";
forged_tokens(map { ("kid " . substr($_, 0, 60), jwt(qq({"alg":"ES256","kid":$_,"typ":"JWT"}), $payload, sign_with($key))) }
    @kids, 'null', '0', '["x"]', '{"a":"b"}', 'true', '"\ud800"');
