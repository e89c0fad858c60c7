# title: write 100 MB to the runner's error output
# expect: the end of it is kept, the rest is dropped
# control: no-limits
# alone: yes
# seconds: 40
use strict;
use warnings;
use Attack;

# The node judges how much came out.
open(my $errors, '>&=', $ENV{ATTACK_ERROR_FD}) or inconclusive("the runner's error output: $!");
my $line = ('e' x 1023 . "\n") x 64;
for (1 .. 1600) { syswrite($errors, $line) or inconclusive("after $_ blocks: $!") }
refused('100 MB are written');
