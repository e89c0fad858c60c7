# title: have a file of 120 MB of noise committed, more than one may have
# expect: the commit is refused with the reason, and the turn ends
# control: honest
# alone: yes
# seconds: 30
use strict;
use warnings;
use Attack;

my $megabytes = control() ? 1 : 120;
open(my $noise, '<', '/dev/urandom') or inconclusive("/dev/urandom: $!");
open(my $file, '>', '/workspaces/loot/noise') or inconclusive("/workspaces/loot: $!");
for (1 .. $megabytes) {
    # Noise comes in pieces where a signal or the kernel says so.
    my $some = '';
    while (length $some < 1048576) { sysread($noise, $some, 1048576 - length $some, length $some) or inconclusive("noise: $!") }
    print $file $some or inconclusive("after $_ MB: $!");
}
close $file;
succeeded('a file of 1 MB is to be committed') if control();
refused('120 MB wait to be committed');
