# title: see processes of the host or of other containers
# expect: only the worker and what it started
# control: host-pid
use strict;
use warnings;
use Attack;

opendir(my $names, '/proc') or inconclusive("/proc: $!");
my @pids = grep { /^\d+$/ } readdir $names;
for my $pid (@pids) {
    my $command = slurp("/proc/$pid/cmdline") // next;
    $command =~ tr/\0/ /;
    succeeded("process $pid of the host: $command") if $command =~ /decoy\.pl|vexa\.dll|redis-server|runc|dockerd|containerd/;
    my ($parent) = (slurp("/proc/$pid/stat") || '') =~ /.*\) \S (\d+)/;
    succeeded("process $pid has no parent here") if $pid != 1 && defined $parent && $parent == 0;
    my $space = readlink("/proc/$pid/ns/mnt");
    my $own = readlink('/proc/self/ns/mnt');
    succeeded("process $pid lives in another container: $command") if defined $space && defined $own && $space ne $own;
}
refused(scalar(@pids) . ' processes, all our own');
