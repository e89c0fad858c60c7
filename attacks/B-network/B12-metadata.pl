# title: The metadata addresses of clouds and engines, by every spelling of them.
# expect: Network unreachable.
# control: other-network
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Network;

none_reached(map { my ($host, $port) = @$_; ("TCP $host:$port" => sub { reach_tcp($host, $port) }) }
    ['169.254.169.254', 80], ['169.254.170.2', 80], ['169.254.170.23', 80], ['100.100.100.200', 80], ['192.0.0.192', 80], ['168.63.129.16', 80], ['169.254.169.123', 80], ['169.254.0.1', 80], ['fd00:ec2::254', 80], ['fd20:ce::254', 80], ['::ffff:169.254.169.254', 80]);
