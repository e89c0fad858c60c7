# title: All connections that a dispatch may hold wait in its inbox for the longest time.
# expect: Its events go on being taken; nobody else notices.
# control: honest
# seconds: 30
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my $token = own_token();
my $held = door() or inconclusive("There is no door: $!");
get('/v1/inbox?after=0&wait=0', socket => $held)->{status} == 200 or inconclusive('The door does not serve.');
my @waiting = map { door() // () } 1 .. (control_run() ? 2 : 120);
send_bytes($_, "GET /v1/inbox?after=9223372036854775807&wait=25 HTTP/1.1\r\nHost: d\r\nAuthorization: Bearer $token\r\n\r\n", 1) for @waiting;
pause(1);
my $worst = 0;
for (1 .. 10) {
    my $began = now();
    my $answer = get('/v1/inbox?after=0&wait=0', socket => $held, wait => 5);
    succeeded("Beside " . scalar(@waiting) . " waits nobody is served.") if $answer->{status} != 200;
    $worst = now() - $began if now() - $began > $worst;
}
succeeded('Beside two waits a request is served at once.') if control_run() && $worst < 1;
succeeded(sprintf 'Beside %d waits a request took %.1f s.', scalar @waiting, $worst) if $worst > 2;
refused(sprintf 'Beside %d waits the slowest of ten requests took %.2f s.', scalar @waiting, $worst);
