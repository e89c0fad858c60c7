# title: Packet sockets, to read and write frames on the wire.
# expect: EPERM: neither the family nor the privilege is there.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Socket;
use Network;

my %tries = control_run() ? (datagrams => sub { open_socket(AF_UNIX, SOCK_DGRAM, 0) }) : (
    'raw frames' => sub { open_socket(17, SOCK_RAW, 0x0300) }, 'cooked frames' => sub { open_socket(17, SOCK_DGRAM, 0x0300) }, 'the old kind' => sub { open_socket(AF_INET, 10, 0x0300) }, 'X.25' => sub { open_socket(9, SOCK_STREAM, 0) },
);
for my $name (sort keys %tries) {
    succeeded("A socket for $name was opened.") if $tries{$name}->();
}
refused(scalar(keys %tries) . " kinds of packet sockets refused: $!.");
