# title: Ids next to the own dispatch's and turn's are tried as workspaces, turns and dispatches.
# expect: Nothing answers to a guess.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my ($dispatch, $turn) = (dispatch(), own_turn() // inconclusive('There is no turn under way.'));
my @guesses;
for my $id ($dispatch, $turn) {
    for my $delta (-2, -1, 1, 2) {
        my $near = $id;
        substr($near, -1) = chr(ord(substr $near, -1) + $delta);
        push @guesses, $near if $near =~ /^[a-z0-9-]+$/ && $near !~ /-$/;
    }
}
@guesses = ($turn) if control_run();
for my $guess (@guesses) {
    my $answer = post('/v1/workspaces/' . home_workspace() . "/bundle?turn=$guess", "# v2 git bundle\n", type => 'application/x-git-bundle');
    succeeded("Turn $guess is open here: " . rule_of($answer) . '.') if rule_of($answer) =~ /^bundle-/;
    inconclusive("The door answered $answer->{status} to $guess.") if $answer->{status} !~ /^4/;
}
refused(scalar(@guesses) . ' neighbours guessed, none is there.');
