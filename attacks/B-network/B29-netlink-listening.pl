# title: What happens outside is overheard over netlink: kernel events, audit, sockets of others, crypto, SELinux.
# expect: The groups are empty or closed; sockets listed are our own.
# control: other-network
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Socket;
use Network;

my %protocols = ('kernel events' => [15, 1], audit => [9, 1], firewall => [12, 0xffff], scsi => [18, 1], connector => [11, 1], generic => [16, 0xffff]);
my $abstract = facts()->{host_abstract_socket} // '';
my $diagnosis = open_socket(16, SOCK_RAW, 4);
if ($diagnosis) {
    my $body = pack 'CCSLLLLL', 1, 0, 0, 0xffffffff, 0, 1, 0, 0;
    send $diagnosis, pack('LSSLL', 16 + length $body, 20, 0x301, 1, 0) . $body, 0, pack('SSLL', 16, 0, 0, 0);
    my $set = '';
    vec($set, fileno $diagnosis, 1) = 1;
    if (select $set, undef, undef, 1) {
        recv $diagnosis, my $answer, 262144, 0;
        succeeded('A socket of the host is listed.') if $abstract ne '' && index($answer // '', $abstract) >= 0;
    }
}
succeeded('A socket of the host is listed in /proc/net/unix.') if $abstract ne '' && index(slurp('/proc/net/unix') // '', $abstract) >= 0;
my $heard = 0;
for my $name (sort keys %protocols) {
    my $socket = open_socket(16, SOCK_RAW, $protocols{$name}[0]) or next;
    bind $socket, pack 'SSLL', 16, 0, 0, $protocols{$name}[1] or next;
    pause(0.3);
    $heard++ if defined recv $socket, my $event, 65536, 0x40;
}
succeeded("$heard kinds of messages from outside were heard.") if $heard;
refused('Nothing of the host is to be heard or listed.');
