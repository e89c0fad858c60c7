# title: keep all processors busy
# expect: no more than the container's share of them
# control: no-limits
# skip: gvisor: the sandbox's own kernel counts its time in another way; the limit is the host's
# alone: yes
# seconds: 20
use strict;
use warnings;
use Attack;

my $share = fact('cpu');
my ($began, $length) = (now(), 2);
my @pids;
for (1 .. 8) {
    defined(my $pid = fork) or last;
    if (!$pid) { my $n = 0; while (now() - $began < $length) { $n++ for 1 .. 20000 } POSIX::_exit(0) }
    push @pids, $pid;
}
waitpid($_, 0) for @pids;
my (undef, undef, $user, $system) = times;
my $used = ($user + $system) / (now() - $began);
my $said = sprintf '%.2f processors, where %.2f are its share', $used, $share;
# What is left of one period may be used in the next.
succeeded($said) if $used > $share * 1.25 + 0.1;
refused($said);
