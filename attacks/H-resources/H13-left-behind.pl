# title: leave daemons behind that live on after the turn and after the container
# expect: none is left when the run has ended
# control: honest
# alone: yes
# seconds: 20
use strict;
use warnings;
use Attack;

my @names;
for my $n (1 .. 8) {
    defined(my $pid = fork) or last;
    if ($pid == 0) {
        POSIX::setsid();
        $SIG{$_} = 'IGNORE' for grep { !/^(?:KILL|STOP|NUM\d+|RTMIN|RTMAX|CHLD|CLD)$/ } keys %SIG;
        POSIX::_exit(0) if fork;
        open(STDIN, '<', '/dev/null');
        open(STDOUT, '>', '/dev/null');
        open(STDERR, '>', '/dev/null');
        $0 = "attack-daemon-$n";
        while (1) { pause(1) }
    }
    waitpid($pid, 0);
}
pause(0.3);
opendir(my $proc, '/proc') or inconclusive("/proc: $!");
my $alive = grep { /^\d+$/ && (slurp("/proc/$_/cmdline") || '') =~ /attack-daemon/ } readdir $proc;
inconclusive('no daemon lives') unless $alive;
succeeded("$alive daemons live on") if control();
refused("left $alive daemons behind");
