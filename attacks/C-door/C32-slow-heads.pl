# title: A hundred connections send a request's head one byte a second, without ever ending it.
# expect: Each is ended within its head's time; others are served.
# control: honest
# seconds: 45
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my $token = own_token();
my $held = door() or inconclusive("There is no door: $!");
get('/v1/inbox?after=0&wait=0', socket => $held);
my @slow = map { door() // () } 1 .. (control_run() ? 5 : 100);
nonblocking($_) for @slow;
my $begin = "GET /v1/inbox?after=0&wait=0 HTTP/1.1\r\nHost: d\r\nAuthorization: Bearer $token\r\nX: ";
syswrite $_, $begin . (control_run() ? "\r\n\r\n" : '') for @slow;
if (control_run()) {
    my $answer = read_response($slow[0], 3);
    succeeded('A head that ends is answered.') if $answer->{status} == 200;
    inconclusive("The door answered $answer->{status}.");
}
my $began = now();
my $opened = @slow;
while (@slow && now() - $began < 30) {
    pause(1);
    succeeded('Beside slow heads nobody is served.') if get('/v1/inbox?after=0&wait=0', socket => $held, wait => 3)->{status} != 200;
    my @left;
    for my $socket (@slow) {
        my $count = sysread $socket, my $bytes, 4096;
        push @left, $socket if !defined $count && syswrite $socket, 'a';
    }
    @slow = @left;
}
succeeded(scalar(@slow) . ' heads without an end are still taken after 30 s.') if @slow;
refused(sprintf '%d endless heads were ended after %.0f s.', $opened, now() - $began);
