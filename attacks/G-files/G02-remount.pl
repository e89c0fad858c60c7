# title: make a read-only mount writable, and take the masks off /proc
# expect: EPERM
# control: seccomp capabilities root-user
use strict;
use warnings;
use Attack;

my $none = '';
# Of the mount alone, never of the file system behind it: the control's is the host's.
my $again = 32 | 4096;
my @said;
for my $target ('/', '/workspaces/attack', '/run/vexa', '/run/vexa/token', '/opt/vexa', '/opt/runners', '/proc/sys', '/sys', '/run', '/workspaces') {
    next unless -e $target;
    for my $flags ($again, $again | 2 | 4) {
        succeeded("$target was mounted again, to be written") if sys('mount', $none, $target, $none, $flags, 0) == 0;
    }
    my $attributes = pack('Q4', 0, 1, 0, 0);
    succeeded("$target lost its read-only attribute") if sys('mount_setattr', -100, $target, 0x8000, $attributes, 32) == 0;
    push @said, errno_name();
}
for my $mask ('/proc/kcore', '/proc/keys', '/proc/sys', '/sys/firmware') {
    succeeded("the mask on $mask was taken off") if sys('umount2', $mask, 2) == 0;
}
my %kinds = map { $_ => 1 } @said;
refused(scalar(@said) . ' mounts stay as they are: ' . join ' ', sort keys %kinds);
