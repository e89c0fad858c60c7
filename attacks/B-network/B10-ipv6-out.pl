# title: IPv6 to the internet, to unique local addresses, mapped IPv4, link-local and multicast.
# expect: Network unreachable.
# control: other-network
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Network;

none_reached(map { my ($host) = $_; ("TCP $host" => sub { reach_tcp($host, 443) }, "UDP $host" => sub { reach_udp($host, 53) }) }
    '2606:4700:4700::1111', '2001:4860:4860::8888', 'fd00::1', 'fd00:ec2::254', '64:ff9b::1.1.1.1', '::ffff:1.1.1.1', '2002:0101:0101::1');
