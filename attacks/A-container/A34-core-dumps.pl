# title: crash in a way that makes the host's core handler run
# expect: no core is dumped, and the limit cannot be raised
# control: no-limits
use strict;
use warnings;
use Attack;

# RLIMIT_CORE is 4.
my $limits = pack('Q2', 0, 0);
sys('prlimit64', 0, 4, 0, $limits) == 0 or inconclusive("prlimit64: $!");
my ($soft, $hard) = unpack('Q2', $limits);
succeeded("a core of $hard bytes may be dumped") if $hard > 0;
my $more = pack('Q2', 1048576, 1048576);
succeeded('the limit was raised') if sys('prlimit64', 0, 4, $more, 0) == 0;
my $exit = child(sub { kill 'SEGV', $$; 0 });
inconclusive('the crash did not come') unless defined $exit && $exit == -11;
succeeded('a core was dumped') if $? & 128;
refused('it crashed and nothing was dumped');
