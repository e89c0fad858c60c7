# title: open sockets of families that no agent needs and that have been ways into the kernel
# expect: EPERM or EAFNOSUPPORT for each
# control: seccomp capabilities root-user
use strict;
use warnings;
use Attack;

my %families = (APPLETALK => 5, X25 => 9, KEY => 15, PACKET => 17, RDS => 21, PPPOX => 24, LLC => 26, IB => 27, CAN => 29, TIPC => 30, BLUETOOTH => 31, RXRPC => 33,
    IEEE802154 => 36, CAIF => 37, ALG => 38, NFC => 39, VSOCK => 40, KCM => 41, QIPCRTR => 42, SMC => 43, XDP => 44, MCTP => 45);
for my $family (sort keys %families) {
    for my $type (1, 2, 3, 5) {
        my $socket = sys('socket', $families{$family}, $type, 0);
        succeeded("a socket of AF_$family") if $socket >= 0;
    }
}
for my $raw ([2, 3, 1], [2, 3, 255], [10, 3, 58]) {
    succeeded("a raw socket of family $raw->[0], protocol $raw->[2]") if sys('socket', @$raw) >= 0;
}
refused(keys(%families) . ' families, and raw IP, closed');
