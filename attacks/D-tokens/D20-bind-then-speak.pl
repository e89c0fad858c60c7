# title: A connection is bound with a stolen or forged token; or bound with the own one and then spoken on with another.
# expect: Each request is judged by the token it was bound with, against the attested peer.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my $victim = control_run() ? own_token() : facts()->{victim_token} // inconclusive('There is no victim token among the facts.');
my $bound = request('POST', '/v1/bind', token => $victim);
succeeded('A connection was bound with ' . (control_run() ? 'the own token.' : 'a stolen token.')) if $bound->{status} == 204;
my $socket = door() or inconclusive("There is no door: $!");
request('POST', '/v1/bind', token => 'a.b.c', socket => $socket);
my $after = get('/v1/inbox?after=0&wait=0', token => undef, socket => $socket);
succeeded('After a refused bind the connection serves without a token.') if $after->{status} == 200;
inconclusive("The bind with a stolen token answered $bound->{status}, the request after a refused one $after->{status}.") if $bound->{status} != 403 || $after->{status} != 401;
my $own = door();
request('POST', '/v1/bind', socket => $own)->{status} == 204 or inconclusive('The own token does not bind.');
my $other = post("/v1/workspaces/" . facts()->{victim_workspace} . "/bundle?turn=t-1", 'x', token => $victim, socket => $own);
succeeded('A bound connection took a stolen token for another workspace.') if $other->{status} == 200 || $other->{body} !~ /workspace-read-only/;
refused('Bind refused a stolen token, and a bound connection knows only its own: ' . rule_of($bound) . ', ' . rule_of($other) . '.');
