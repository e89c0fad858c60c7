# title: The stolen token of another dispatch is renewed over the own door.
# expect: The socket, the peer and the token name one dispatch or it is 403.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my $token = control_run() ? own_token() : facts()->{victim_token} // inconclusive('There is no victim token among the facts.');
my $answer = post('/v1/token', '', token => $token);
succeeded('The door gave a fresh token for ' . (control_run() ? 'the own one.' : 'a stolen one.')) if $answer->{status} == 200 && $answer->{body} =~ /"token":"eyJ/;
inconclusive("The door answered $answer->{status}.") if $answer->{status} != 403;
refused('The stolen token was not renewed: ' . rule_of($answer) . '.');
