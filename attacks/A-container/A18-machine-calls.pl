# title: load modules, boot another kernel, restart, swap, account, read the kernel's log
# expect: EPERM for each, before an argument is looked at
# control: seccomp capabilities root-user
# skip: gvisor: these calls end in the sandbox's own kernel, which has no such machine
use strict;
use warnings;
use Attack;

# Each with an argument that makes it fail where it is allowed: nothing is ever done.
my ($nowhere, $nothing) = ('/nowhere/at/all', '');
my @calls = (
    ['init_module', 0, 0, $nothing], ['finit_module', -1, $nothing, 0], ['delete_module', 'no-such-module', 2048], ['kexec_load', 0, 99, 0, 0xffff], ['kexec_file_load', -1, -1, 0, $nothing, 0xffff],
    ['reboot', 1, 1, 1, 0], ['swapon', $nowhere, 0], ['swapoff', $nowhere], ['acct', $nowhere], ['syslog', 10, 0, 0], ['quotactl', 0x80000000, $nowhere, 0, 0],
    ['lookup_dcookie', 0, 0, 0], ['iopl', 3], ['ioperm', 0x80, 1, 1],
);
my @said;
for (@calls) {
    my ($call, @arguments) = @$_;
    my $result = sys($call, @arguments);
    my $error = errno_name();
    succeeded("$call was let through" . ($result < 0 ? " ($error)" : '')) if $result >= 0 || $error !~ /^(EPERM|ENOSYS|EACCES)$/;
    push @said, "$call $error";
}
refused(join ', ', @said);
