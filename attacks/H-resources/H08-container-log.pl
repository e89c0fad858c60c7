# title: write 100 MB to the container's own output, past the runner
# expect: it is closed to the agent, or only its end is kept
# control: no-limits
# alone: yes
# seconds: 40
use strict;
use warnings;
use Attack;

# The node judges how much came out.
my @ways = grep { -e } '/proc/1/fd/1', '/proc/1/fd/2', '/dev/console';
my $line = ('l' x 1023 . "\n") x 64;
my @said;
for my $way (@ways) {
    open(my $log, '>', $way) or push(@said, "$way: $!") and next;
    my $until = now() + 10;
    my $written = 0;
    for (1 .. 1600) { last unless syswrite($log, $line); $written += length $line; last if now() > $until }
    push @said, sprintf '%s took %d MB', $way, $written / 1e6;
}
refused(join ', ', @said, 'done');
