# title: leave a file of a tebibyte, all hole, to be committed
# expect: the turn ends, at the latest by its own time limit, and nobody else waits for it
# control: honest
# alone: yes
# seconds: 10
# wall: 12
use strict;
use warnings;
use Attack;

my $path = '/workspaces/loot/hole';
open(my $file, '>', $path) or inconclusive("$path: $!");
truncate($file, 2 ** 40) or inconclusive("no such hole: $!");
if (control()) { -s $path == 2 ** 40 ? (unlink($path), succeeded('a file of a tebibyte is there')) : inconclusive('it is not there') }
refused('a file of a tebibyte waits to be committed');
