# title: Hooks are planted in every place that git looks in, and in the tree; then the turn's commit is made.
# expect: The bundle carries no hooks; in the tree they are files like others.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Bundle;

my $mark = "/tmp/attack-hook-$$";
my $home = '/workspaces/' . home_workspace();
my @names = qw(pre-commit post-commit post-checkout reference-transaction pre-receive update post-receive post-update pre-push post-merge post-rewrite fsmonitor-watchman pre-auto-gc proc-receive);
my $folder = control_run() ? "/tmp/own-$$" : $home;
system('git', 'init', '-q', $folder) if control_run();
mkdir "$folder/.git/hooks";
for my $name (@names) {
    open my $file, '>', "$folder/.git/hooks/$name" or inconclusive("$name: $!");
    print $file "#!/bin/sh\necho $name >> $mark\n";
    close $file;
    chmod 0755, "$folder/.git/hooks/$name";
}
if (control_run()) {
    system("git -C $folder -c user.name=a -c user.email=a\@b commit -q --allow-empty -m x");
    succeeded('A planted hook ran: ' . (slurp($mark) =~ s/\s+/ /gr)) if -e $mark;
    inconclusive('No hook ran.');
}
my $hook = blob("#!/bin/sh\necho ran >> $mark\n");
my @entries = map { ['100755', $_, $hook] } sort @names;
my $answer = deliver(bundle_of(turn_commit(with_file(['40000', 'hooks', tree(@entries)]))));
unlink map { "$folder/.git/hooks/$_" } @names;
succeeded('A hook ran: ' . (slurp($mark) =~ s/\s+/ /gr)) if -e $mark;
inconclusive("The door answered $answer->{status}: " . rule_of($answer)) if $answer->{status} != 200;
refused(scalar(@names) . ' hooks planted; the commit was received and none ran.');
