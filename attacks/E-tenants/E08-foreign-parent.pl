# title: A commit stands on the victim's commit, by prerequisite, by parent and by both.
# expect: The base is the workspace's own or it is refused: unknown-parent.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Bundle;

my $victim = control_run() ? base_commit() : facts()->{victim_commit} // inconclusive('There is no victim commit among the facts.');
inconclusive('The victim\'s commit is the own base: the facts are of no use.') if !control_run() && $victim eq base_commit();
my $tree = with_file(['100644', "parent-$$.txt", blob("hello $$\n")]);
my @made = ([$victim, [$victim]], [base_commit(), [$victim]], [$victim, [base_commit()]], [base_commit(), [base_commit(), $victim]]);
@made = ($made[0]) if control_run();
my @rules;
for my $case (@made) {
    my $commit = turn_commit($tree, parents => $case->[1]);
    my @new = split /\n/, git("$tree\n^" . base_commit() . "\n", 'rev-list', '--objects', '--stdin');
    my $answer = deliver(bundle_of($commit, base => $case->[0], objects => [map { (split / /)[0] } @new]));
    succeeded('A commit on ' . (control_run() ? 'its own base' : "the victim's commit") . ' landed.') if $answer->{status} == 200;
    inconclusive("The door answered $answer->{status}: $answer->{body}") if $answer->{status} != 400;
    push @rules, rule_of($answer);
}
refused('Refused: ' . join(', ', @rules) . '.');
