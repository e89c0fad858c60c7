# title: take the walls of the process itself down: no_new_privs, secure bits, the filter, the bounding set
# expect: no call does
# control: capabilities
# skip: gvisor: the walls are outside of the sandbox's own kernel
use strict;
use warnings;
use Attack;

my %calls = (
    'no_new_privs off' => sub { sys('prctl', 38, 0, 0, 0, 0) },
    'secure bits' => sub { sys('prctl', 28, 1, 0, 0, 0) },
    'bounding set' => sub { sys('prctl', 24, 0, 0, 0, 0) },
    'seccomp off' => sub { sys('prctl', 22, 0, 0, 0, 0) },
    'another program as its own' => sub { open(my $file, '<', '/bin/true'); sys('prctl', 35, 13, fileno $file, 0, 0) },
);
my @said;
for (sort keys %calls) {
    my $exit = child(sub { $calls{$_}->() == 0 ? 0 : 1 });
    succeeded("$_: done") if defined $exit && $exit == 0;
    push @said, $_;
}
# A filter of one's own may only narrow: one that allows all changes nothing for what is refused.
my $filter = pack('S C C L', 6, 0, 0, 0x7fff0000);
my $program = pack('S x6 P', 1, $filter);
my $exit = child(sub { sys('seccomp', 1, 0, $program) == 0 or return 1; sys('unshare', 0x10000000) == 0 ? 0 : 1 });
succeeded('a filter that allows everything opened what was closed') if defined $exit && $exit == 0;
refused(join(', ', @said) . ': refused');
