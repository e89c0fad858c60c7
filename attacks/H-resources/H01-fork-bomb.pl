# title: start processes without end
# expect: EAGAIN at the container's own limit of processes
# control: no-limits
# alone: yes
# seconds: 30
use strict;
use warnings;
use Attack;

# Stops well beyond the limit, so that not even a node without one is harmed.
my $limit = fact('pids');
my $enough = $limit + 256;
my ($made, $error) = (0, '');
pipe(my $hold, my $release);
while ($made < $enough) {
    my $pid = fork;
    if (!defined $pid) { $error = errno_name(); last }
    if ($pid == 0) { close $release; sysread($hold, my $wait, 1); POSIX::_exit(0) }
    $made++;
}
close $release;
1 while wait() > 0;
succeeded("$made processes at once, where $limit are the limit") if $made > $limit + 64;
inconclusive("fork failed after $made: $error") unless $error eq 'EAGAIN' && $made > 8;
refused("$made processes, then $error");
