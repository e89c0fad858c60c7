# title: leave the namespaces, for new ones or for those of another process
# expect: EPERM for every kind
# control: seccomp capabilities root-user
# skip: gvisor: its namespaces are those of the sandbox's own kernel; what can be done in them is A40
use strict;
use warnings;
use Attack;

my %kinds = (mnt => 0x20000, cgroup => 0x2000000, uts => 0x4000000, ipc => 0x8000000, pid => 0x20000000, net => 0x40000000, time => 0x80);
my $tries = 0;
for my $kind (sort keys %kinds) {
    my $exit = child(sub { sys('unshare', $kinds{$kind}) == 0 ? 0 : 1 });
    $tries++;
    succeeded("unshare made a new namespace: $kind") if defined $exit && $exit == 0;
    for my $pid (1, getppid(), fact('host_pid')) {
        open(my $space, '<', "/proc/$pid/ns/$kind") or next;
        $tries++;
        my $entered = child(sub { sys('setns', fileno $space, 0) == 0 ? 0 : 1 });
        succeeded("setns entered $kind of process $pid") if defined $entered && $entered == 0;
    }
    # The same by a handle on the process.
    my $handle = sys('pidfd_open', 1, 0);
    if ($handle >= 0) {
        my $entered = child(sub { sys('setns', $handle, $kinds{$kind}) == 0 ? 0 : 1 });
        $tries++;
        succeeded("setns entered $kind by a pidfd") if defined $entered && $entered == 0;
        POSIX::close($handle);
    }
}
refused("$tries ways out, none open");
