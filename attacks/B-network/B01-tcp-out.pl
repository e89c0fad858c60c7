# title: TCP to the internet, to private gateways and to the engine's bridge.
# expect: Network unreachable: there is no interface but loopback.
# control: other-network
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Network;

none_reached(map { my ($host, $port) = @$_; ("TCP $host:$port" => sub { reach_tcp($host, $port) }) }
    ['1.1.1.1', 443], ['8.8.8.8', 53], ['93.184.216.34', 80], ['10.0.0.1', 80], ['10.0.2.2', 22], ['172.17.0.1', 2375], ['192.168.0.1', 80], ['192.168.65.2', 80], ['100.64.0.1', 80], ['198.18.0.1', 80], ['240.0.0.1', 80]);
