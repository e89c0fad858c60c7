# title: Objects ride along that the commit does not reach: a tree with a hostile name, and a file for a later commit to name.
# expect: They do not reach the trunk: hostile ones are refused, and none can be used later.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Bundle;

my $evil = tree(['100644', '.git', blob("x\n")]);
my $tree = with_file(['100644', "smuggled-$$.txt", blob("x $$\n")]);
my $commit = turn_commit($tree);
my $file = (git('', 'ls-tree', $tree, "smuggled-$$.txt") =~ /blob ([0-9a-f]{40})/)[0];
my $rule = judge_commit(control_run() ? 'nothing more' : 'a hostile tree beside it', bundle_of($commit, objects => [$tree, $file, control_run() ? () : $evil]), 'bundle-refused|bad-path');
my $later = blob("later $$\n");
my $tree2 = with_file(['100644', "carrier-$$.txt", blob("c $$\n")]);
my $carrier = deliver(bundle_of(turn_commit($tree2), objects => [$tree2, blob("c $$\n"), $later]));
inconclusive("A commit with a harmless object beside it: $carrier->{status} " . rule_of($carrier)) if $carrier->{status} != 200 && rule_of($carrier) ne 'bundle-refused';
my $tree3 = with_file(['100644', "later-$$.txt", $later]);
my $second = judge_commit('a file that only rode along before', bundle_of(turn_commit($tree3), objects => [$tree3]), 'bundle-refused');
refused("The hostile tree: $rule. What rode along is not kept: $second.");
