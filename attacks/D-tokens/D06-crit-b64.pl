# title: Header extensions that change what is signed: crit, b64 false, zip, nested, a name twice.
# expect: An unknown header name is a refusal: 401.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my (undef, $payload, $signature) = split /\./, own_token();
my ($kid) = unb64u((split /\./, own_token())[0]) =~ /"kid":"([^"]+)"/;
my $key = attacker_key() or inconclusive('There is no openssl to make a key with.');
my $plain = unb64u($payload);
my @headers = (
    qq({"alg":"ES256","kid":"$kid","typ":"JWT","crit":["b64"],"b64":false}), qq({"alg":"ES256","kid":"$kid","typ":"JWT","b64":false}),
    qq({"alg":"ES256","kid":"$kid","typ":"JWT","crit":["exp"]}), qq({"alg":"ES256","kid":"$kid","typ":"JWT","crit":[]}),
    qq({"alg":"ES256","kid":"$kid","typ":"JWT","zip":"DEF"}), qq({"alg":"none","alg":"ES256","kid":"$kid","typ":"JWT"}),
    qq({"alg":"ES256","kid":"$kid","kid":"x","typ":"JWT"}), qq({"alg":"ES256","kid":"$kid","typ":"at+jwt"}), qq([{"alg":"ES256","kid":"$kid"}]),
    qq({"alg":"ES256","kid":"$kid","typ":"JWT"} {}), qq(\xef\xbb\xbf{"alg":"ES256","kid":"$kid","typ":"JWT"}),
);
my @forgeries;
for my $header (@headers) {
    push @forgeries, "$header with the right token's signature", b64u($header) . ".$payload.$signature";
    push @forgeries, "$header signed by us", jwt($header, $plain, sign_with($key));
    push @forgeries, "$header over a payload that is not encoded", b64u($header) . ".$plain.$signature" if $header =~ /b64/ && $plain !~ /\./;
}
forged_tokens(@forgeries);
