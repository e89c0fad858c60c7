# title: A bundle is sent to another tenant's workspace, whose id is known.
# expect: 403, and nothing of it is read.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Bundle;

my $workspace = control_run() ? home_workspace() : facts()->{victim_workspace} // inconclusive('There is no victim workspace among the facts.');
my $commit = turn_commit(with_file(['100644', "foreign-$$.txt", blob("hello\n")]));
my $answer = deliver(bundle_of($commit), workspace => $workspace);
succeeded("The commit landed in $workspace.") if $answer->{status} == 200;
inconclusive("The door answered $answer->{status}: " . rule_of($answer)) if $answer->{status} != 403;
refused("Workspace $workspace took nothing: " . rule_of($answer) . '.');
