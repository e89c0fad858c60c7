# title: A socket in the host's abstract namespace is connected to; others are looked for in /proc/net/unix.
# expect: Abstract names belong to a network namespace, and this is another one.
# control: other-network
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Socket;

my $name = facts()->{host_abstract_socket} // inconclusive('There is no abstract socket among the facts.');
my @names = ($name, map { /\s\@(\S+)$/ ? $1 : () } split /\n/, slurp('/proc/net/unix') // '');
push @names, '/tmp/dbus', '/tmp/.X11-unix/X0', '/run/containerd/containerd.sock', 'containerd-shim', '/containerd-shim/1.sock', 'snapd', 'systemd/notify';
for my $one (@names) {
    socket(my $socket, AF_UNIX, SOCK_STREAM, 0) or next;
    succeeded("Connected to the abstract socket \@$one.") if connect $socket, pack('S', AF_UNIX) . "\0" . ($one =~ s/^\@//r);
}
refused(scalar(@names) . ' abstract names: nobody there.');
