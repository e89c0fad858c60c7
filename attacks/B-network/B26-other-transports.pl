# title: SCTP, DCCP, UDP-Lite, MPTCP, L2TP and raw protocols instead of TCP and UDP.
# expect: No way out by any of them.
# control: other-network
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Socket;
use Network;

my @kinds = (['SCTP', SOCK_STREAM, 132], ['SCTP packets', 5, 132], ['DCCP', 6, 33], ['UDP-Lite', SOCK_DGRAM, 136], ['MPTCP', SOCK_STREAM, 262], ['L2TP', SOCK_DGRAM, 115], ['SMC', SOCK_STREAM, 256], ['TCP', SOCK_STREAM, 6]);
none_reached(map { my ($name, $type, $protocol) = @$_; ($name => sub {
    my $socket = open_socket(AF_INET, $type, $protocol) or return undef;
    return 'connected' if connect $socket, pack_sockaddr_in(443, pack 'C4', 1, 1, 1, 1);
    return "a packet left: $!" if $!{EINPROGRESS} || $!{ECONNREFUSED};
    return undef;
}) } @kinds);
