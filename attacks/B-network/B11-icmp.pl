# title: Ping: by the ping socket that needs no privilege, and by raw sockets, of IPv4 and IPv6.
# expect: No raw socket, and no way out for the others.
# control: other-network
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Socket;
use Network;

my $echo4 = pack 'CCnnn', 8, 0, 0xf7fe, 1, 0;
my $echo6 = pack 'CCnnn', 128, 0, 0, 1, 0;
my @kinds = (['ping', AF_INET, SOCK_DGRAM, 1, $echo4, '1.1.1.1'], ['raw', AF_INET, SOCK_RAW, 1, $echo4, '1.1.1.1'], ['ping6', AF_INET6, SOCK_DGRAM, 58, $echo6, '2606:4700:4700::1111'], ['raw6', AF_INET6, SOCK_RAW, 58, $echo6, '2606:4700:4700::1111'], ['rawip', AF_INET, SOCK_RAW, 255, $echo4, '1.1.1.1']);
none_reached((map { my ($name, $family, $type, $protocol, $bytes, $host) = @$_;
    ($name => sub { my $socket = open_socket($family, $type, $protocol) or return undef; return send($socket, $bytes, 0, (address($host, 0))[1]) ? "an echo left for $host" : undef })
} @kinds), 'a plain datagram' => sub { reach_udp('1.1.1.1', 7) });
