# title: change user and group, and gather capabilities, by every call that does
# expect: EPERM for each
# control: capabilities
# skip: gvisor: capabilities it does not know are ignored by the sandbox's own kernel; what root can do there is A40
use strict;
use warnings;
use Attack;

inconclusive('this is root already') if $> == 0;
my @calls = (['setuid', 0], ['setgid', 0], ['setreuid', 0, 0], ['setregid', 0, 0], ['setresuid', 0, 0, 0], ['setresgid', 0, 0, 0], ['setgroups', 1, pack('L', 0)], ['setgroups', 0, 0]);
my @said;
for (@calls) {
    my ($call, @arguments) = @$_;
    my $exit = child(sub { sys($call, @arguments) == 0 ? 0 : 1 });
    succeeded("$call(" . $arguments[0] . ') was done') if defined $exit && $exit == 0;
    push @said, $call;
}
# Every set of capabilities, at once and one by one.
for my $bit (0 .. 40) {
    my $sets = $bit < 32 ? pack('L6', (1 << $bit) x 3, 0, 0, 0) : pack('L6', 0, 0, 0, (1 << ($bit - 32)) x 3);
    my $exit = child(sub { sys('capset', pack('L2', 0x20080522, 0), $sets) == 0 ? 0 : 1 });
    succeeded("capability $bit was taken") if defined $exit && $exit == 0;
    $exit = child(sub { sys('prctl', 47, 2, $bit, 0, 0) == 0 ? 0 : 1 });
    succeeded("capability $bit became ambient") if defined $exit && $exit == 0;
}
refused(join(', ', @said) . ' and 41 capabilities: refused');
