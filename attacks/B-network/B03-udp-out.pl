# title: Datagrams to the internet, to private networks, to multicast and broadcast addresses.
# expect: Network unreachable.
# control: other-network
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Network;

none_reached(map { my ($host, $port) = @$_; ("UDP $host:$port" => sub { reach_udp($host, $port) }) }
    ['1.1.1.1', 443], ['8.8.8.8', 123], ['10.0.0.1', 514], ['172.17.0.1', 53], ['192.168.0.1', 161], ['224.0.0.1', 5353], ['224.0.0.251', 5353], ['239.255.255.250', 1900], ['255.255.255.255', 67]);
