# title: A tree names a file of the victim's workspace by its hash, without bringing it, so as to read it later.
# expect: What is not in the bundle or the own workspace is not there: refused.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Bundle;

my $blob = control_run() ? blob("own\n") : facts()->{victim_blob} // inconclusive('There is no victim blob among the facts.');
my $tree = with_file(['100644', "stolen-$$.txt", $blob]);
my $commit = turn_commit($tree);
my $answer = deliver(bundle_of($commit, objects => [$tree, control_run() ? $blob : ()]));
succeeded('A commit with the ' . (control_run() ? 'own' : 'victim\'s') . ' file landed.') if $answer->{status} == 200;
inconclusive("The door answered $answer->{status}: " . rule_of($answer)) if $answer->{status} != 400;
refused("The bundle is refused: " . rule_of($answer) . '.');
