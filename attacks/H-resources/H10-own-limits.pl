# title: lift one's own limits
# expect: EPERM for each that is set
# control: no-limits root-user capabilities
use strict;
use warnings;
use Attack;

my %limits = (CORE => 4, NOFILE => 7, MEMLOCK => 8, MSGQUEUE => 12);
my @said;
for my $name (sort keys %limits) {
    my $now = pack('Q2', 0, 0);
    sys('prlimit64', 0, $limits{$name}, 0, $now) == 0 or inconclusive("$name: $!");
    my ($soft, $hard) = unpack('Q2', $now);
    succeeded("$name has no limit") if $hard == ~0;
    my $more = pack('Q2', $hard + 1, $hard + 1);
    succeeded("$name was raised") if sys('prlimit64', 0, $limits{$name}, $more, 0) == 0;
    push @said, "$name stays at $hard";
}
refused(join ', ', @said);
