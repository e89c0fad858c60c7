# title: read and write the kernel's keyrings, which no namespace separates
# expect: EPERM for add_key, request_key and keyctl
# control: seccomp
# skip: gvisor: the keys are those of the sandbox's own kernel
use strict;
use warnings;
use Attack;

my ($type, $name, $text) = ('user', 'attack', 'attack');
my @said;
for (
    ['add_key', $type, $name, $text, length $text, -3], ['request_key', $type, $name, 0, -3], ['keyctl', 0, -3, 1], ['keyctl', 1, 0], ['keyctl', 11, -4, 0, 0], ['keyctl', 22, 0, -3],
) {
    my ($call, @arguments) = @$_;
    my $result = sys($call, @arguments);
    my $error = errno_name();
    succeeded("$call was let through" . ($result < 0 ? " ($error)" : '')) if $result >= 0 || $error !~ /^(EPERM|ENOSYS)$/;
    push @said, "$call $error";
}
refused(join ', ', @said);
