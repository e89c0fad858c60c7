# title: Interfaces, addresses, routes, rules and namespaces are changed over netlink.
# expect: EPERM or no such device: nothing changes.
# control: capabilities seccomp root-user
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Socket;
use Network;

my $socket = open_socket(16, SOCK_RAW, 0);
refused("There is no netlink: $!.") unless $socket;
bind $socket, pack 'SSLL', 16, 0, 0, 0;
my $sequence = 0;
my $ask = sub {
    my ($type, $flags, $body) = @_;
    $sequence++;
    my $message = pack('LSSLL', 16 + length $body, $type, $flags, $sequence, 0) . $body;
    send $socket, $message, 0, pack('SSLL', 16, 0, 0, 0) or return -1;
    my $set = '';
    vec($set, fileno $socket, 1) = 1;
    select $set, undef, undef, 1 or return -1;
    recv $socket, my $answer, 65536, 0;
    return (unpack 'LSSLLl', $answer)[5] // -1;
};
my $lo = 1;
my %tries = (
    'a dummy interface' => sub { $ask->(16, 0x605, pack('CCSlLL', 0, 0, 0, 0, 0, 0) . pack('SSa8', 12, 3, "evil0") . pack('SS', 16, 18) . pack('SSa8', 11, 1, "dummy")) },
    'a pair of interfaces' => sub { $ask->(16, 0x605, pack('CCSlLL', 0, 0, 0, 0, 0, 0) . pack('SS', 12, 18) . pack('SSa4', 8, 1, 'veth')) },
    'an address for loopback' => sub { $ask->(20, 0x605, pack('CCCCL', 2, 32, 0, 0, $lo) . pack('SSC4', 8, 2, 10, 66, 66, 66) . pack('SSC4', 8, 1, 10, 66, 66, 66)) },
    'a default route' => sub { $ask->(24, 0x605, pack('C8L', 2, 0, 0, 0, 254, 4, 253, 1, 0) . pack('SSL', 8, 4, $lo)) },
    'another size of loopback' => sub { $ask->(16, 5, pack('CCSlLL', 0, 0, 0, $lo, 0, 0) . pack('SSL', 8, 4, 1400)) },
    'a rule' => sub { $ask->(32, 0x605, pack('C8L', 2, 0, 0, 0, 254, 0, 0, 1, 0)) },
);
for my $name (sort keys %tries) {
    my $error = $tries{$name}->();
    succeeded("The kernel took $name.") if $error == 0;
}
refused(scalar(keys %tries) . ' changes of the network refused.');
