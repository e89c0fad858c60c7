# title: A server on the host's loopback is called, by all names of loopback.
# expect: The container's loopback is its own.
# control: other-network
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Socket;
use Network;

my $port = facts()->{host_loopback_port} // inconclusive('There is no port of a host server among the facts.');
for my $host ('127.0.0.1', '127.0.0.2', '127.1.2.3', '0.0.0.0', '::1', '::ffff:127.0.0.1', '::') {
    my ($family, $to) = address($host, $port);
    my $socket = open_socket($family, SOCK_STREAM) or next;
    my $connected = connect $socket, $to;
    if (!$connected && $!{EINPROGRESS}) {
        my $set = '';
        vec($set, fileno $socket, 1) = 1;
        $connected = select(undef, $set, undef, 0.5) && unpack('i', getsockopt $socket, SOL_SOCKET, SO_ERROR) == 0;
    }
    succeeded("Connected to $host port $port of the host.") if $connected;
}
refused("Nobody listens at port $port of this loopback.");
