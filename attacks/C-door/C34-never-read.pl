# title: Requests are pipelined without end, and no answer is ever read.
# expect: The door stops reading what it cannot answer, and serves others.
# control: honest
# seconds: 40
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my $request = "GET /v1/inbox?after=0&wait=0 HTTP/1.1\r\nHost: d\r\nAuthorization: Bearer " . own_token() . "\r\n\r\n";
my $held = door() or inconclusive("There is no door: $!");
my $bound = 16 << 20;
my @sockets = map { door() // () } 1 .. (control_run() ? 1 : 20);
my $sent = 0;
if (control_run()) {
    for (1 .. 200) { $sent += send_bytes($sockets[0], $request, 2); read_response($sockets[0], 2)->{status} == 200 or inconclusive("The door stopped after $sent bytes.") }
    succeeded("Whoever reads the answers is served on and on: 200 requests.");
}
for my $socket (@sockets) {
    my $taken = 0;
    while ($taken < $bound) {
        my $now = send_bytes($socket, $request x 1000, 0.5);
        $taken += $now;
        last if $now < 1000 * length $request;
    }
    succeeded(sprintf 'The door took %d MiB of requests whose answers nobody reads.', $taken >> 20) if $taken >= $bound;
    $sent += $taken;
}
my $began = now();
my $beside = get('/v1/inbox?after=0&wait=0', socket => $held, wait => 5);
succeeded('Beside unread answers nobody is served.') if $beside->{status} != 200 || now() - $began > 2;
refused(sprintf 'It took %d KiB on %d connections and then no more; a request beside them took %.2f s.', $sent >> 10, scalar @sockets, now() - $began);
