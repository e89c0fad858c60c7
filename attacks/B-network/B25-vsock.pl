# title: The hypervisor and its other guests are called over vsock.
# expect: The family is not there.
# control: seccomp
# skip: gvisor: gVisor knows no vsock, with or without a filter
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Socket;
use Network;

for my $cid (0, 1, 2, 3) {
    for my $port (22, 80, 1024, 5000, 9999) {
        my $socket = open_socket(40, SOCK_STREAM, 0);
        refused("There is no vsock: $!.") unless $socket;
        succeeded("A vsock was opened and could be used towards $cid:$port.") if connect($socket, pack 'SSLLC4', 40, 0, $port, $cid, 0, 0, 0, 0) || $socket;
    }
}
