# title: send signals to processes of the host, by pid, thread, group and pidfd
# expect: ESRCH
# control: host-pid root-user capabilities
use strict;
use warnings;
use Attack;

my $pid = fact('host_pid');
my $is_ours = (slurp("/proc/$pid/cmdline") // '') !~ /decoy/ && -e "/proc/$pid";
inconclusive("the number $pid is one of our own processes") if $is_ours;
# Signal 0 does nothing, but is allowed to those only who may send others.
my %how = (
    kill => sub { kill(0, $pid) },
    'kill of its group' => sub { kill(0, -$pid) },
    pidfd => sub { my $handle = sys('pidfd_open', $pid, 0); $handle >= 0 && sys('pidfd_send_signal', $handle, 0, 0, 0) == 0 },
);
for (sort keys %how) { succeeded("$_ reached process $pid of the host") if $how{$_}->() }
my $reached = 0;
for my $other (1000 .. 4000) { next if -e "/proc/$other"; $reached++ if kill(0, $other) }
succeeded("$reached processes that are not seen can be signalled") if $reached;
refused('nobody but our own can be signalled');
