# title: change the host through ioctl on what is at hand: file attributes, terminals, sockets, interfaces
# expect: EPERM, ENOTTY or EOPNOTSUPP
# control: other-network root-user capabilities
use strict;
use warnings;
use Attack;
use Socket;

socket(my $socket, AF_INET, SOCK_DGRAM, 0) or inconclusive("no socket: $!");
my @said;
my $try = sub {
    my ($name, $handle, $request, $argument) = @_;
    my $done = ioctl($handle, $request, $argument);
    my $error = errno_name();
    succeeded("$name was done") if defined $done;
    push @said, "$name $error";
};
# Up is what it is already.
$try->('interface up', $socket, 0x8914, pack('a16 s x22', 'lo', 0x49));
$try->('interface address', $socket, 0x8916, pack('a16 S n a4 x8 x8', 'lo:7', 2, 0, inet_aton('127.7.7.7')));
$try->('interface name', $socket, 0x8923, pack('a16 a16 x8', 'eth0', 'eth7'));
$try->('route', $socket, 0x890b, "\0" x 120);
$try->('bridge', $socket, 0x89a0, 'attack0' . "\0" x 9);
if (open(my $tun, '+<', '/dev/net/tun')) { $try->('tunnel', $tun, 0x400454ca, pack('a16 s x22', 'attack1', 0x1001)) }
open(my $file, '<', '/etc/passwd');
$try->('immutable flag', $file, 0x40086602, pack('Q', 0x10));
refused(join ', ', @said);
