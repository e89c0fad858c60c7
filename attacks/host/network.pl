# A network that leads nowhere but answers everywhere: to be run in a network namespace of its own. Every address of IPv4 and IPv6 is this
# machine's own, and somebody listens at the usual ports, at the port and at the abstract socket that are named as arguments. For weak
# containers. Prints "ready", and ends when its standard input does.
use strict;
use warnings;
use Socket qw(:DEFAULT inet_pton pack_sockaddr_in6);

# Loopback up.
socket(my $any, AF_INET, SOCK_DGRAM, 0) or die "socket: $!";
my $up = pack('a16 s x22', 'lo', 0x49);
ioctl($any, 0x8914, $up) or die "lo up: $!";

# ip route add local default dev lo, for both families.
socket(my $netlink, 16, SOCK_RAW, 0) or die "netlink: $!";
for my $family (AF_INET, AF_INET6) {
    my $route = pack('C8 L', $family, 0, 0, 0, 255, 4, $family == AF_INET ? 254 : 0, 2, 0) . pack('S S L', 8, 4, 1);
    send($netlink, pack('L S S L L', 16 + length $route, 24, 0x605, $family, 0) . $route, 0, pack('S S L L', 16, 0, 0, 0)) or die "route: $!";
    recv($netlink, my $answer, 4096, 0);
    my $error = unpack('x16 l', $answer);
    die 'route: ' . ($! = -$error) . "\n" if $error && $family == AF_INET;
}

# An interface that is not the loopback.
if (open(our $tun, '+<', '/dev/net/tun')) { my $eth = pack('a16 s x22', 'eth0', 0x1001); ioctl($tun, 0x400454ca, $eth) or warn "tun: $!" }

my %tcp;
for my $port (22, 53, 80, 443, 2375, 6443, 8080, 8443, $ARGV[0]) {
    for my $family (AF_INET, AF_INET6) {
        socket(my $socket, $family, SOCK_STREAM, 0) or next;
        setsockopt($socket, SOL_SOCKET, SO_REUSEADDR, 1);
        setsockopt($socket, 41, 26, 1) if $family == AF_INET6;
        bind($socket, $family == AF_INET ? pack_sockaddr_in($port, INADDR_ANY) : pack_sockaddr_in6($port, inet_pton(AF_INET6, '::'))) && listen($socket, 8) or die "port $port: $!";
        $tcp{fileno $socket} = $socket;
    }
}
socket(my $abstract, AF_UNIX, SOCK_STREAM, 0) or die "unix: $!";
bind($abstract, pack('S', AF_UNIX) . "\0$ARGV[1]") && listen($abstract, 8) or die "abstract: $!";
$tcp{fileno $abstract} = $abstract;
my %udp;
for my $port (53, 123, 443) {
    socket(my $socket, AF_INET, SOCK_DGRAM, 0) or die "udp: $!";
    bind($socket, pack_sockaddr_in($port, INADDR_ANY)) or die "udp $port: $!";
    $udp{fileno $socket} = $socket;
}
$| = 1;
print "ready\n";
$SIG{PIPE} = 'IGNORE';
while (1) {
    my $ready = '';
    vec($ready, $_, 1) = 1 for 0, keys %tcp, keys %udp;
    next unless select($ready, undef, undef, undef) > 0;
    exit 0 if vec($ready, 0, 1);
    for (grep { vec($ready, $_, 1) } keys %tcp) {
        accept(my $peer, $tcp{$_}) or next;
        syswrite($peer, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nanswer");
    }
    for (grep { vec($ready, $_, 1) } keys %udp) {
        my $from = recv($udp{$_}, my $packet, 4096, 0) or next;
        # The question, as an answer without records: enough to see that somebody listens.
        send($udp{$_}, length $packet >= 12 ? substr($packet, 0, 2) . "\x81\x80" . substr($packet, 4) : $packet, 0, $from);
    }
}
