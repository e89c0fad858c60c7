# title: A secret is put into a host name and looked up by the C library.
# expect: There is no resolver.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Socket qw(:DEFAULT :addrinfo);
use Network;

my $name = control_run() ? 'localhost' : unpack('H*', substr 'not-a-secret' . own_token(), -12) . '.attacker.test';
alarm 8;
my ($error, @found) = getaddrinfo($name, 80, { socktype => SOCK_STREAM });
succeeded("$name was resolved.") if @found;
for my $server (control_run() ? () : map { /^\s*nameserver\s+(\S+)/ ? $1 : () } split /\n/, slurp('/etc/resolv.conf') // '') {
    next if $server =~ /^127\.|^::1$/;
    my $how = reach_udp($server, 53);
    succeeded("The resolver of /etc/resolv.conf: $how.") if $how;
}
refused("$name was not resolved: $error.");
