# title: Renewal is asked for more: other workspaces, a longer life, another audience, in body, query and headers; a hundred times over.
# expect: A renewed token has the same claims and the same short life.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my $old = claims();
my @bodies = control_run() ? ('') : ('{"workspaces":[{"id":"victim","mode":"rw"}],"exp":9999999999,"lifetime":31536000}', 'lifetime=31536000', '');
my $token = own_token();
for my $turn (1 .. (control_run() ? 1 : 34)) {
    for my $body (@bodies) {
        my $answer = request('POST', '/v1/token' . (control_run() ? '' : '?lifetime=31536000&aud=vexa-runtime&dispatch=x'), body => $body, token => $token, headers => control_run() ? [] : ['X-Workspaces: victim:rw', 'X-Lifetime: 31536000']);
        inconclusive("The door answered $answer->{status} to renewal $turn: " . rule_of($answer)) if $answer->{status} != 200;
        ($token) = $answer->{body} =~ /"token":"([^"]+)"/;
        my $new = claims($token);
        for my $name (qw(iss aud sub dispatch)) {
            succeeded("A renewed token says $name = $new->{$name} where the old one said $old->{$name}.") if $new->{$name} ne $old->{$name};
        }
        my $list = sub { return join ' ', sort map { "$_->{id}:$_->{mode}" } @{ $_[0]{workspaces} } };
        succeeded('A renewed token has other workspaces: ' . $list->($new)) if $list->($new) ne $list->($old);
        succeeded('A renewed token lives ' . ($new->{exp} - $new->{iat}) . ' seconds.') if $new->{exp} - $new->{iat} > 900 || $new->{exp} > time + 960;
        succeeded('A token was renewed, and is a fresh one.') if control_run() && $token ne own_token();
    }
}
refused('102 renewals gave the same claims for at most 15 minutes each time.');
