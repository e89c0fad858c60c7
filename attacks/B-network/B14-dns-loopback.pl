# title: Resolvers that engines and systemd put on loopback addresses.
# expect: Nobody answers there.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Socket;
use Network;

my $query = pack('nnnnnn', 1, 0x0100, 1, 0, 0, 0) . join('', map { chr(length) . $_ } 'attacker', 'test') . pack('Cnn', 0, 1, 1);
my @servers = control_run() ? () : map { my $host = $_; map { [$host, $_] } 53, 5353, 853, 5355 } '127.0.0.1', '127.0.0.11', '127.0.0.53', '127.0.0.54', '::1';
if (control_run()) {
    my $server = open_socket(AF_INET, SOCK_DGRAM);
    bind $server, pack_sockaddr_in(0, INADDR_LOOPBACK);
    my ($port) = unpack_sockaddr_in getsockname $server;
    @servers = (['127.0.0.1', $port, $server]);
}
for my $one (@servers) {
    my ($host, $port, $server) = @$one;
    my ($family, $to) = address($host, $port);
    my $socket = open_socket($family, SOCK_DGRAM) or next;
    connect $socket, $to or next;
    send $socket, $query, 0 or next;
    if ($server) { pause(0.1); my $from = recv $server, my $got, 512, 0; send $server, "\0\1answer", 0, $from }
    my $set = '';
    vec($set, fileno $socket, 1) = 1;
    next unless select $set, undef, undef, 0.3;
    my $answer = '';
    succeeded("$host port $port answered a query.") if defined recv($socket, $answer, 512, 0) && length $answer;
}
refused(scalar(@servers) . ' resolvers on loopback: none there.');
