# title: Network devices other than loopback, and routes that lead anywhere, are looked for.
# expect: There is lo and no route.
# control: other-network
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my @devices = grep { $_ ne 'lo' } map { /^\s*([^:\s]+):/ ? $1 : () } split /\n/, slurp('/proc/net/dev') // inconclusive('/proc/net/dev cannot be read.');
my @tunnels = qw(tunl0 gre0 gretap0 erspan0 ip_vti0 ip6_vti0 sit0 ip6tnl0 ip6gre0);
@devices = grep { my $device = $_; !grep { $_ eq $device } @tunnels } @devices;
my @routes = grep { !/^Iface/ && /\S/ } split /\n/, slurp('/proc/net/route') // '';
my @routes6 = grep { !/ lo$/ } split /\n/, slurp('/proc/net/ipv6_route') // '';
@routes6 = grep { !/^0{32} 00/ || !/ffffffff .* lo$/ } @routes6;
succeeded('There are devices: ' . join(', ', @devices) . '.') if @devices;
succeeded('There are routes: ' . ($routes[0] // $routes6[0])) if @routes || @routes6;
refused('There is lo and no route.');
