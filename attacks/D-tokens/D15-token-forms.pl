# title: The right token in another serialisation: flattened JSON, general JSON, five parts, nested, padded, with spaces in it.
# expect: Compact serialisation of three parts and no other: 401.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my ($header, $payload, $signature) = split /\./, own_token();
my $token = own_token();
forged_tokens(
    'flattened JSON', qq({"payload":"$payload","protected":"$header","signature":"$signature"}),
    'general JSON', qq({"payload":"$payload","signatures":[{"protected":"$header","signature":"$signature"}]}),
    'five parts', "$header.$payload.$signature..", 'four parts', "$header.$payload.$signature.$signature", 'a detached payload', "$header..$signature",
    'a token in a token', jwt('{"alg":"ES256","typ":"JWT","cty":"JWT"}', $token, unb64u($signature)),
    'standard base64 with other letters', "$header.$payload." . ('+/' x 43), 'a dot before', ".$token", 'percent encoding', $token =~ s/\./%2e/gr,
);
