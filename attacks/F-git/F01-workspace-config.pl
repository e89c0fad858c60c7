# title: The workspace's own .git is given a config whose fsmonitor, filters, pagers and drivers run a program, for trusted code to run outside.
# expect: Trusted code never runs git in there: the trace that the program would leave on the host is not there at the end.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Bundle;

my $trace = (control_run() ? '/tmp' : facts()->{planted_folder} // inconclusive('There is no folder for traces among the facts.')) . "/planted-config-$$";
my $folder = control_run() ? "/tmp/own-$$" : '/workspaces/' . home_workspace();
system('git', 'init', '-q', $folder) == 0 or inconclusive('git init failed') if control_run();
my $program = "touch $trace 2>/dev/null;:";
my %config = map { ($_ => $program) } qw(core.fsmonitor core.sshCommand core.pager core.editor core.askPass diff.external gpg.program uploadpack.packObjectsHook merge.x.driver credential.helper);
$config{'filter.x.clean'} = $config{'filter.x.smudge'} = "touch $trace 2>/dev/null; cat";
$config{'alias.status'} = "!$program" unless control_run();
for my $name (sort keys %config) {
    system('git', '-C', $folder, 'config', $name, $config{$name}) == 0 or inconclusive("$name could not be planted.");
}
mkdir "$folder/.git/info";
open my $file, '>', "$folder/.git/info/attributes" or inconclusive("attributes: $!");
print $file "* filter=x merge=x\n";
close $file;
if (control_run()) {
    system("git -C $folder status >/dev/null 2>&1");
    succeeded('Whoever runs git there runs our program.') if -e $trace;
    inconclusive('The program did not run.');
}
my $answer = deliver(bundle_of(turn_commit(with_file(['100644', "config-$$.txt", blob("x\n")]))));
inconclusive("The door answered $answer->{status}: " . rule_of($answer)) if $answer->{status} != 200;
refused(scalar(keys %config) . ' settings planted and left there; the commit landed without them. Whether one ran outside is looked for on the host.');
