# title: Hooks are planted in every place that git looks in, and in the tree; then a commit is sent, and the turn makes its own.
# expect: The bundle carries no hooks, and nobody outside runs those here: their trace on the host is not there at the end.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Bundle;

my $trace = (control_run() ? '/tmp' : facts()->{planted_folder} // inconclusive('There is no folder for traces among the facts.')) . "/planted-hook-$$";
my @names = qw(pre-commit post-commit post-checkout reference-transaction pre-receive update post-receive post-update pre-push post-merge post-rewrite fsmonitor-watchman pre-auto-gc proc-receive post-index-change sendemail-validate);
my $folder = control_run() ? "/tmp/own-$$" : '/workspaces/' . home_workspace();
system('git', 'init', '-q', $folder) if control_run();
mkdir "$folder/.git/hooks";
my $script = "#!/bin/sh\necho ran >> $trace 2>/dev/null\nexit 0\n";
for my $name (@names) {
    open my $file, '>', "$folder/.git/hooks/$name" or inconclusive("$name: $!");
    print $file $script;
    close $file;
    chmod 0755, "$folder/.git/hooks/$name";
}
if (control_run()) {
    system("git -C $folder -c user.name=a -c user.email=a\@b commit -q --allow-empty -m x");
    succeeded('A planted hook ran.') if -e $trace;
    inconclusive('No hook ran.');
}
my $hook = blob($script);
my $answer = deliver(bundle_of(turn_commit(with_file(['40000', 'hooks', tree(map { ['100755', $_, $hook] } sort @names)]))));
inconclusive("The door answered $answer->{status}: " . rule_of($answer)) if $answer->{status} != 200;
refused(scalar(@names) . ' hooks planted and left there, and as many in the tree; the commit landed. Whether one ran outside is looked for on the host.');
