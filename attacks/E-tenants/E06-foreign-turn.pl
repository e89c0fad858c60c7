# title: A bundle is sent on the turn of another dispatch, on one that never was, and on none.
# expect: A turn of this dispatch that is open, or 409.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Bundle;

my @turns = control_run() ? (own_turn()) : (facts()->{victim_turn} // 't-x', 't-never', 't-' . 'a' x 32);
my $bundle = bundle_of(turn_commit(with_file(['100644', "turn-$$.txt", blob("hello\n")])));
for my $turn (@turns) {
    my $answer = deliver($bundle, turn => $turn);
    succeeded("A commit landed on turn $turn.") if $answer->{status} == 200;
    inconclusive("The door answered $answer->{status} on turn $turn.") if $answer->{status} !~ /^4(?:00|09)$/;
}
refused(scalar(@turns) . ' turns that are not of this dispatch: nothing landed.');
