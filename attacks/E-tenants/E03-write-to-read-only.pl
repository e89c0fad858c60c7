# title: A bundle is sent to a workspace that the dispatch has read-only.
# expect: 403 workspace-read-only.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Bundle;

my $workspace = control_run() ? home_workspace() : facts()->{read_only_workspace} // inconclusive('There is no read-only workspace among the facts.');
my $answer = deliver(bundle_of(turn_commit(with_file(['100644', "ro-$$.txt", blob("hello\n")]))), workspace => $workspace);
succeeded("The commit landed in $workspace.") if $answer->{status} == 200;
inconclusive("The door answered $answer->{status}: " . rule_of($answer)) if $answer->{status} != 403;
refused("Workspace $workspace took nothing: " . rule_of($answer) . '.');
