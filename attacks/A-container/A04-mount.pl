# title: mount, unmount, change the root: by the old calls and by the new mount API
# expect: EPERM for each
# control: seccomp capabilities root-user
use strict;
use warnings;
use Attack;

my ($here, $tmpfs, $none) = ('/tmp', 'tmpfs', '');
my @calls = (
    ['mount', $tmpfs, $here, $tmpfs, 0, 0], ['mount (bind)', '/', $here, $none, 4096, 0], ['umount2', $here, 2], ['umount2 (lazy)', '/proc/sys', 2],
    ['pivot_root', $here, $here], ['chroot', $here], ['fsopen', $tmpfs, 0], ['fspick', -100, $here, 0], ['open_tree', -100, $here, 1], ['move_mount', -100, $here, -100, $here, 0],
    ['mount_setattr', -100, $here, 0, pack('Q4', 0, 1, 0, 0), 32], ['fsmount', 0, 0, 0], ['fsconfig', 0, 0, 0, 0, 0],
);
my @said;
for (@calls) {
    my ($name, @arguments) = @$_;
    my ($call) = $name =~ /^(\w+)/;
    succeeded("$name was done") if sys($call, @arguments) >= 0;
    my $error = errno_name();
    push @said, $error;
    succeeded("$name was let through and failed with $error only") unless $error =~ /^(EPERM|ENOSYS|EACCES|EBADF|EINVAL)$/;
}
refused(scalar(@said) . ' calls: ' . join ' ', @said);
