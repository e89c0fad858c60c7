# title: use bpf, userfaultfd, io_uring, perf_event_open and fanotify, where most of the kernel's new holes were
# expect: EPERM for each
# control: seccomp capabilities root-user
# skip: gvisor: these calls end in the sandbox's own kernel, which is what gVisor is for
use strict;
use warnings;
use Attack;

my $attributes = pack('L2 Q*', 1, 112, (0) x 13);
my $uring = "\0" x 120;
my @calls = (
    ['bpf (map)', 0, pack('L4 x104', 2, 4, 4, 1), 120], ['userfaultfd', 1], ['userfaultfd (kernel)', 0], ['io_uring_setup', 1, $uring],
    ['perf_event_open', $attributes, 0, -1, -1, 0], ['fanotify_init', 0, 0], ['memfd_secret', 0],
);
my @said;
for (@calls) {
    my ($name, @arguments) = @$_;
    my ($call) = $name =~ /^(\w+)/;
    my $result = sys($call, @arguments);
    my $error = errno_name();
    succeeded("$name was let through") if $result >= 0;
    push @said, "$name $error";
}
refused(join ', ', @said);
