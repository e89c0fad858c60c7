# title: A file is borrowed from another repository by alternates, with grafts and replace refs beside it, so that the bundle need not bring it.
# expect: Nothing but the pack leaves; what it lacks is missing: refused.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Bundle;

my $home = '/workspaces/' . home_workspace();
my $hidden = "/tmp/hidden-$$";
system("git init -q --bare $hidden") == 0 or inconclusive('git init failed');
my $secret = `echo borrowed $$ | git -C $hidden hash-object -w --stdin` =~ s/\s+//gr;
my $tree = with_file(['100644', "borrowed-$$.txt", control_run() ? blob("own $$\n") : $secret]);
my $commit = turn_commit($tree);
open my $file, '>>', git_folder() . '/objects/info/alternates';
print $file "$hidden/objects\n";
close $file;
if (!control_run()) { open my $graft, '>', git_folder() . '/info/grafts'; print $graft "$commit\n"; close $graft; git('', 'update-ref', 'refs/replace/' . base_commit(), $commit) }
my @rules = (judge_commit('a borrowed file', bundle_of($commit, objects => [$tree, control_run() ? blob("own $$\n") : ()]), 'bundle-refused'));
refused('What the bundle does not bring is not there: ' . join(', ', @rules) . '.');
