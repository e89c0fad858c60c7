# title: leave a FIFO, a socket, devices, setuid bits, a hole and a hard link in the tree that is committed
# expect: the turn ends soon; the commit has plain files, and nothing else
# control: honest
# alone: yes
# seconds: 20
use strict;
use warnings;
use Attack;
use Socket;

my $there = '/workspaces/loot/odd';
mkdir $there or -d $there or inconclusive("$there: $!");
POSIX::mkfifo("$there/fifo", 0666);
socket(my $socket, AF_UNIX, SOCK_STREAM, 0) or inconclusive("no socket: $!");
bind($socket, pack_sockaddr_un("$there/socket"));
sys('mknodat', -100, "$there/zero", 0020666, 0x105);
sys('mknodat', -100, "$there/whiteout", 0020000, 0);
open(my $file, '>', "$there/program") or inconclusive("$there/program: $!");
print $file "#!/bin/sh\n";
close $file;
chmod 06755, "$there/program";
open($file, '>', "$there/hole") and truncate($file, 8 * 1024 * 1024);
link "$there/program", "$there/same-program";
if (control()) { -p "$there/fifo" && -S "$there/socket" && -u "$there/program" ? succeeded('all of them are in the tree') : inconclusive('they could not be made') }
refused('left a FIFO, a socket, devices and a setuid program in the tree');
