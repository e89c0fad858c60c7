# title: Data in the first packet (TCP fast open), source routes, bound devices and marks.
# expect: No way out by any of them.
# control: other-network
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Socket;
use Network;

my $to = pack_sockaddr_in(443, pack 'C4', 1, 1, 1, 1);
none_reached(
    'fast open' => sub { my $s = open_socket(AF_INET, SOCK_STREAM, 6) or return undef; return send($s, own_token(), 0x20000000, $to) || $!{EINPROGRESS} || $!{ECONNREFUSED} ? 'data left' : undef },
    'a bound device' => sub { my $s = open_socket(AF_INET, SOCK_DGRAM, 17) or return undef; my ($device) = (slurp('/proc/net/dev') // '') =~ /^\s*(?!lo:)([a-z]\w*):/m; setsockopt($s, SOL_SOCKET, 25, ($device // 'eth0') . "\0") or return undef; return send($s, 'x', 0, $to) ? 'a datagram left' : undef },
    'a source route' => sub { my $s = open_socket(AF_INET, SOCK_DGRAM, 17) or return undef; setsockopt $s, 0, 4, pack('C*', 131, 7, 4, 1, 1, 1, 1, 0); return send($s, 'x', 0, $to) ? 'a datagram left' : undef },
    'a foreign source' => sub { my $s = open_socket(AF_INET, SOCK_DGRAM, 17) or return undef; setsockopt $s, 0, 19, pack('i', 1); bind($s, pack_sockaddr_in(0, pack 'C4', 10, 0, 0, 5)) or return undef; return send($s, 'x', 0, $to) ? 'a datagram left' : undef },
    'a dead route' => sub { my $s = open_socket(AF_INET, SOCK_DGRAM, 17) or return undef; setsockopt $s, SOL_SOCKET, 5, pack('i', 1); return send($s, 'x', 0, $to) ? 'a datagram left' : undef },
);
