# title: Events that say seq, dispatch and time themselves, or name fields that the contract does not know.
# expect: Stamps are the door's: 400.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my $turn = control_run() ? 'no-such-turn' : own_turn() // inconclusive('There is no turn under way.');
my $victim = facts()->{victim_dispatch} // 'd-x';
my @fields = control_run() ? ('') : ('"seq":1,', "\"dispatch\":\"$victim\",", '"at":"2001-01-01T00:00:00Z",', '"producer":"control",', '"by":"user:owner",', '"$type":"end",');
for my $field (@fields) {
    my $answer = events("{\"type\":\"message-delta\",$field\"turn\":\"$turn\",\"text\":\"forged\"}");
    succeeded("The door took an event with $field") if $answer->{status} == 200 || rule_of($answer) eq 'turn-unknown';
    inconclusive("The door answered $answer->{status} to an event with $field") if $answer->{status} != 400;
}
refused(scalar(@fields) . ' stamps of our own refused.');
