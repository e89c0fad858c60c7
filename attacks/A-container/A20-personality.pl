# title: weaken every later program by a personality: no address randomisation, readable means executable
# expect: EPERM for all that is not the usual
# control: seccomp
use strict;
use warnings;
use Attack;

my %personas = (ADDR_NO_RANDOMIZE => 0x0040000, MMAP_PAGE_ZERO => 0x0100000, READ_IMPLIES_EXEC => 0x0400000, ADDR_COMPAT_LAYOUT => 0x0200000, BSD => 6, UNAME26 => 0x20000 | 0x40000);
for (sort keys %personas) {
    my $exit = child(sub { sys('personality', $personas{$_}) >= 0 && sys('personality', 0xffffffff) == $personas{$_} ? 0 : 1 });
    succeeded("$_ was set") if defined $exit && $exit == 0;
}
refused(keys(%personas) . ' personalities refused');
