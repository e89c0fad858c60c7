# title: The workspace's own .git is given a config, hooks, fsmonitor, filters and pagers that run a program, for trusted code to run.
# expect: Trusted code never runs git there; the bundle carries none of it, and no program of ours runs outside.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Bundle;

my $home = '/workspaces/' . home_workspace();
my $mark = control_run() ? "/tmp/mark-$$" : '/tmp/attack-f01-ran-outside';
my $program = "/tmp/program-$$";
open my $file, '>', $program or inconclusive("$program: $!");
print $file "#!/bin/sh\nid > $mark\n";
close $file;
chmod 0755, $program;
my $folder = control_run() ? "/tmp/own-$$" : $home;
system('git', 'init', '-q', $folder) == 0 or inconclusive('git init failed') if control_run();
system('git', '-C', $folder, 'config', @$_) == 0 or inconclusive("The config could not be planted: @$_")
    for ['core.fsmonitor', $program], ['core.sshCommand', $program], ['core.pager', $program], ['diff.external', $program], ['filter.x.clean', $program], ['filter.x.process', $program], ['gpg.program', $program], ['core.editor', $program], ['uploadpack.packObjectsHook', $program], ['alias.status', "!$program"];
if (control_run()) {
    system("git -C $folder status >/dev/null 2>&1");
    succeeded('Whoever runs git there runs our program.') if -e $mark;
    inconclusive('The program did not run.');
}
my $before = base_commit();
my $answer = deliver(bundle_of(turn_commit(with_file(['100644', "config-$$.txt", blob("x\n")]))));
system('git', '-C', $folder, 'config', '--unset-all', $_->[0]) for ['core.fsmonitor'], ['diff.external'], ['filter.x.clean'], ['filter.x.process'], ['alias.status'], ['core.pager'], ['core.sshCommand'], ['gpg.program'], ['core.editor'], ['uploadpack.packObjectsHook'];
succeeded("The planted program ran: $mark is there.") if -e $mark;
inconclusive("The door answered $answer->{status}: " . rule_of($answer)) if $answer->{status} != 200;
refused('The commit landed, and the planted config ran nothing in here; it is no part of a bundle.');
