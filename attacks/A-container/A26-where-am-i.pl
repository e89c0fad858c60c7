# title: learn from control groups who else runs here, and where
# expect: the view of a namespace of its own: only /
# control: host-cgroups
use strict;
use warnings;
use Attack;

my @seen;
for my $process ('self', 1, getppid()) {
    for (split /\n/, slurp("/proc/$process/cgroup") || '') {
        my $path = (split /:/, $_, 3)[2];
        push @seen, "$process $path" if defined $path && $path =~ /vexa|docker|kube|containerd|\.\./;
    }
}
succeeded("its place on the host: $seen[0]") if @seen;
refused('every path begins at its own group');
