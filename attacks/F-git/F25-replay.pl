# title: The own landed bundle is replayed on the same turn, on later work, and with another turn's trailers.
# expect: The same result again, once on the trunk; another turn's is refused.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Bundle;

my $commit = turn_commit(with_file(['100644', "replay-$$.txt", blob("x $$\n")]));
my $bundle = bundle_of($commit);
my $first = deliver($bundle);
inconclusive("The door answered $first->{status}: " . rule_of($first)) if $first->{status} != 200;
my ($sha) = $first->{body} =~ /"sha":"([0-9a-f]{40})"/;
my @again = map { deliver($bundle) } 1 .. 3;
succeeded('The same bundle gets the same answer.') if control_run() && $again[0]{body} eq $first->{body};
for my $answer (@again) { succeeded("A replay landed again: $answer->{body}") if $answer->{status} == 200 && index($answer->{body}, $sha) < 0 }
my $other = deliver(bundle_of(turn_commit(with_file(['100644', "replay2-$$.txt", blob("y\n")]), turn => 't-other')));
succeeded("A commit of another turn landed.") if $other->{status} == 200;
refused('Three replays: the same commit ' . substr($sha, 0, 12) . '; another turn: ' . rule_of($other) . '.');
