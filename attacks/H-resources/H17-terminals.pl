# title: open terminals without end: the kernel has a number of them for the whole machine
# expect: ENOSPC at the container's limit
# control: no-limits
# skip: gvisor: they are those of the sandbox's own kernel
# skip: docker: the engine mounts them itself and takes no limit; see what is accepted
use strict;
use warnings;
use Attack;

my $limit = fact('terminals');
my ($opened, $error, @masters) = (0, '');
# A few more than allowed: that is enough to know, and leaves the machine its own.
while ($opened < $limit + 4) {
    open(my $master, '+<', '/dev/ptmx') or do { $error = errno_name(); last };
    push @masters, $master;
    $opened++;
}
succeeded("$opened terminals at once, where $limit are the limit") if $opened > $limit;
inconclusive("$opened terminals, then $error") unless $error eq 'ENOSPC';
refused("$opened terminals, then $error");
