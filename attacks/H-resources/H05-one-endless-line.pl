# title: print one line of 100 MB
# expect: it is cut; what comes out is small, and nobody's memory grows with it
# control: no-limits
# alone: yes
# seconds: 40
use strict;
use warnings;
use Attack;

# The node judges how much came out.
open(my $output, '>&=', $ENV{ATTACK_OUTPUT_FD}) or inconclusive("the runner's output: $!");
my $block = 'x' x 65536;
for (1 .. 1600) { syswrite($output, $block) or inconclusive("after $_ blocks: $!") }
syswrite($output, "\n");
refused('100 MB are written');
