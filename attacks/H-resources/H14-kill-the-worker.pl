# title: end, stop and crash the container's first process
# expect: the turn and the run end, and say so
# control: honest
# alone: yes
# seconds: 20
use strict;
use warnings;
use Attack;

if (control()) {
    defined(my $pid = fork) or inconclusive("no process: $!");
    if (!$pid) { pause(30); POSIX::_exit(0) }
    kill 'TERM', $pid;
    waitpid($pid, 0);
    succeeded('a process of our own ends') if ($? & 127) == 15;
    inconclusive("it ended with $?");
}
for my $signal (qw(KILL STOP SEGV ABRT QUIT TERM)) {
    kill $signal, 1;
    pause(0.2);
}
pause(5);
refused('the first process lives on');
