# title: Whether a workspace exists is learnt from how it is refused: the victim's against ones that never were.
# expect: The same answer for both, word for word.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my $victim = control_run() ? home_workspace() : facts()->{victim_workspace} // inconclusive('There is no victim workspace among the facts.');
my $turn = own_turn() // inconclusive('There is no turn under way.');
my $ask = sub { my ($id) = @_; my $answer = post("/v1/workspaces/$id/bundle?turn=$turn", 'x', type => 'application/x-git-bundle'); return $answer->{status} . ' ' . ($answer->{body} =~ s/\Q$id\E/ID/gr) };
my $there = $ask->($victim);
for my $other ('no-such-workspace', 'q7w8e9', 'z' x 20) {
    my $not = $ask->($other);
    succeeded("The answer for $victim differs from that for $other: $there / $not") if $not ne $there;
}
refused("A workspace that is there and ones that are not: $there");
