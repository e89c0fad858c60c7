# Whether a packet can leave the container. A probe succeeds by whatever shows that one could: an answer, a refusal from afar, or silence
# where the kernel had somewhere to send it. Only "there is no way there" is a refusal.
package Network;
use strict;
use warnings;
use Errno qw(:POSIX);
use Exporter 'import';
use Fcntl qw(F_GETFL F_SETFL O_NONBLOCK);
use Socket qw(:DEFAULT IPPROTO_TCP IPPROTO_UDP inet_pton);

our @EXPORT = qw(reach_tcp reach_udp address open_socket none_reached error_name);

# A packed socket address of an IPv4 or IPv6 text.
sub address {
    my ($host, $port, $scope) = @_;
    return (AF_INET, pack_sockaddr_in($port, inet_pton(AF_INET, $host))) if $host !~ /:/;
    return (AF_INET6, pack_sockaddr_in6($port, inet_pton(AF_INET6, $host), $scope // 0));
}

sub open_socket {
    my ($family, $type, $protocol) = @_;
    socket(my $socket, $family, $type, $protocol // 0) or return undef;
    fcntl $socket, F_SETFL, fcntl($socket, F_GETFL, 0) | O_NONBLOCK;
    return $socket;
}

# Names of errors that mean: no packet went anywhere.
my %nowhere = map { $_ => 1 } ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL, EPERM, EACCES, EAFNOSUPPORT, EPROTONOSUPPORT, ESOCKTNOSUPPORT, ENOPROTOOPT, EOPNOTSUPP, EINVAL, ENODEV, ENETDOWN, ENOSYS;

sub error_name { my ($number) = @_; local $! = $number; return "$!" }

# Text that says how it was reached, or undef; $! then says why not.
sub reach_tcp {
    my ($host, $port, $protocol) = @_;
    my ($family, $to) = address($host, $port);
    my $socket = open_socket($family, SOCK_STREAM, $protocol // IPPROTO_TCP) or return undef;
    return "connected to $host port $port" if connect $socket, $to;
    if ($! == EINPROGRESS) {
        my $set = '';
        vec($set, fileno $socket, 1) = 1;
        return "a packet left for $host port $port" unless select undef, $set, undef, 1;
        my $error = unpack 'i', getsockopt $socket, SOL_SOCKET, SO_ERROR;
        return "connected to $host port $port" if $error == 0;
        $! = $error;
    }
    return "$host port $port sent a refusal" if $! == ECONNREFUSED || $! == ECONNRESET;
    return undef if $nowhere{ $! + 0 };
    return "$host port $port answered: $!";
}

sub reach_udp {
    my ($host, $port, $bytes) = @_;
    my ($family, $to) = address($host, $port);
    my $socket = open_socket($family, SOCK_DGRAM, IPPROTO_UDP) or return undef;
    setsockopt $socket, SOL_SOCKET, SO_BROADCAST, 1;
    return "a datagram left for $host port $port" if send $socket, $bytes // 'x', 0, $to;
    return undef if $nowhere{ $! + 0 };
    return "$host port $port: $!";
}

# Ends the attack: each probe is a code that returns how it reached somebody, or undef.
sub none_reached {
    my (@probes) = @_;
    my %why;
    while (my ($name, $probe) = splice @probes, 0, 2) {
        $! = 0;
        my $how = $probe->();
        Attack::succeeded("By $name: $how.") if defined $how;
        $why{ $! + 0 ? "$!" : 'no way' }++;
    }
    Attack::refused('No way out: ' . join(', ', map { "$_ ($why{$_})" } sort keys %why) . '.');
}

1;
