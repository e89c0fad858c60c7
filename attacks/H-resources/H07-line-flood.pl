# title: print two million lines
# expect: the stream takes its share of them and no more; others are not slowed down
# control: no-limits
# alone: yes
# seconds: 90
use strict;
use warnings;
use Attack;

# The node judges how much came out.
open(my $output, '>&=', $ENV{ATTACK_OUTPUT_FD}) or inconclusive("the runner's output: $!");
local $SIG{PIPE} = 'IGNORE';
my $lines = "a line of little sense\n" x 1000;
my $until = now() + 60;
for (1 .. 2000) {
    my $at = 0;
    while ($at < length $lines) {
        my $sent = syswrite($output, $lines, length($lines) - $at, $at) or refused("after $_ thousand lines nobody takes more: $!");
        $at += $sent;
    }
    refused("only $_ thousand lines were taken in a minute") if now() > $until;
}
refused('two million lines are written');
