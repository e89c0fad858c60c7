# title: Sockets of every address family: vsock to the hypervisor, AF_ALG, Bluetooth, CAN, TIPC, XDP, KCM and all other numbers.
# expect: Only Unix, IPv4, IPv6 and netlink open.
# control: seccomp
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Network;

my %allowed = map { $_ => 1 } 1, 2, 10, 16;
my @opened;
for my $family (3 .. 9, 11 .. 15, 17 .. 60) {
    for my $type (1, 2, 3, 5) {
        my $socket = open_socket($family, $type, 0) or next;
        push @opened, $family unless grep { $_ == $family } @opened;
    }
}
succeeded('Sockets of other families were opened: ' . join(', ', @opened) . '.') if @opened;
refused("54 families and four types of each: none opened, $!.");
