# title: A token without a signature, with alg none in every spelling.
# expect: The door takes only ES256: 401.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my $payload = unb64u((split /\./, own_token())[1]);
my ($kid) = unb64u((split /\./, own_token())[0]) =~ /"kid":"([^"]+)"/;
my @forgeries;
for my $alg ('none', 'None', 'NONE', 'nOnE', 'none ', '', 'NULL') {
    my $token = jwt(qq({"alg":"$alg","kid":"$kid","typ":"JWT"}), $payload, '');
    push @forgeries, "alg '$alg' with an empty signature", $token, "alg '$alg' with two parts", $token =~ s/\.$//r;
}
push @forgeries, 'alg null', jwt(qq({"alg":null,"kid":"$kid","typ":"JWT"}), $payload, '');
push @forgeries, 'no alg', jwt(qq({"kid":"$kid","typ":"JWT"}), $payload, '');
forged_tokens(@forgeries);
