# title: Ten thousand connections are opened and held; then five thousand more opened and closed at once.
# expect: A cap for each dispatch; a connection that was there before is served meanwhile, and a new one afterwards.
# control: honest
# seconds: 40
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Socket;

my $held = door() or inconclusive("There is no door: $!");
get('/v1/inbox?after=0&wait=0', socket => $held)->{status} == 200 or inconclusive('The door does not serve.');
my ($most, @open) = (control_run() ? 20 : 10000);
my $worst = 0;
for my $count (1 .. $most) {
    my $socket = try_door();
    push @open, $socket if $socket;
    next unless $count % 1000 == 0;
    my $began = now();
    succeeded("After $count connections the one that was there before is not served.") if get('/v1/inbox?after=0&wait=0', socket => $held, wait => 5)->{status} != 200;
    $worst = now() - $began if now() - $began > $worst;
}
pause(1);
my $alive = grep { alive($_) } @open;
succeeded("$alive connections are held at once.") if $alive > 200 || (control_run() && $alive == 20);
@open = ();
for (1 .. (control_run() ? 0 : 5000)) { my $socket = try_door(); }
my ($began, $served) = (now(), 0);
while (now() - $began < 5 && !$served) { $served = get('/v1/inbox?after=0&wait=0', wait => 2)->{status} == 200; pause(0.1) unless $served }
succeeded('After the flood the door takes no new connection.') unless $served;
succeeded(sprintf 'A request beside the flood took %.1f s.', $worst) if $worst > 2;
refused(sprintf '%d of %d connections held; the slowest request beside them took %.2f s.', $alive, $most, $worst);

sub try_door {
    for (1 .. 50) {
        socket(my $socket, AF_UNIX, SOCK_STREAM, 0) or return undef;
        nonblocking($socket);
        return $socket if connect $socket, pack_sockaddr_un(door_path());
        pause(0.002);
    }
    return undef;
}

sub alive {
    my ($socket) = @_;
    my $set = '';
    vec($set, fileno $socket, 1) = 1;
    return 1 unless select $set, undef, undef, 0;
    my $count = sysread $socket, my $byte, 1;
    return defined $count && $count > 0;
}
