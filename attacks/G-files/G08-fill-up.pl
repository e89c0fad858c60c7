# title: write more than the size limit into every place that can be written
# expect: ENOSPC at the limit of each
# control: no-limits
# alone: yes
# seconds: 60
use strict;
use warnings;
use Attack;

my $block = 'x' x (1024 * 1024);
my @said;
for my $place ('/tmp', '/home/agent', '/workspaces/loot', '/dev/shm', '/dev', '/run', '/var/tmp') {
    # /dev/shm has a limit of its own, the others the one that is told.
    my $limit = $place eq '/dev/shm' ? 64 : fact('tmpfs_mb');
    open(my $file, '>', "$place/.attack-full") or next;
    my $written = 0;
    while ($written <= $limit + 8) {
        my $got = syswrite($file, $block);
        last unless $got;
        $written += $got / length $block;
    }
    my $error = errno_name();
    close $file;
    unlink "$place/.attack-full";
    succeeded("$place took more than its $limit MiB") if $written > $limit + 1;
    inconclusive("$place failed at $written MiB with $error") unless $error eq 'ENOSPC';
    push @said, sprintf '%s %d MiB', $place, $written;
}
inconclusive('no place could be written') unless @said;
refused('full: ' . join ', ', @said);
