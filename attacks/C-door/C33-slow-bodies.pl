# title: Bodies that come a byte a second, to events, inbox, model and a bundle.
# expect: Each is ended for its slowness; others are served.
# control: honest
# seconds: 45
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my $token = own_token();
my $turn = own_turn() // inconclusive('There is no turn under way.');
my $home = home_workspace();
my $held = door() or inconclusive("There is no door: $!");
my (%slow, $began) = ();
for my $path ('/v1/events', '/v1/inbox/close', '/anthropic/v1/messages', "/v1/workspaces/$home/bundle?turn=$turn") {
    for (1 .. (control_run() ? 1 : 20)) {
        my $socket = door() or next;
        my $length = control_run() ? 2 : 1000;
        send_bytes($socket, "POST $path HTTP/1.1\r\nHost: d\r\nAuthorization: Bearer $token\r\nContent-Type: application/json\r\nContent-Length: $length\r\n\r\n{" . (control_run() ? '}' : ''), 3);
        $slow{ fileno $socket } = [$socket, $path];
    }
}
if (control_run()) {
    my $answer = read_response((values %slow)[0][0], 10);
    succeeded('A body that comes as a whole is answered.') if $answer->{status};
    inconclusive('No answer.');
}
my $opened = keys %slow;
$began = now();
while (%slow && now() - $began < 30) {
    pause(1);
    succeeded('Beside slow bodies nobody is served.') if get('/v1/inbox?after=0&wait=0', socket => $held, wait => 3)->{status} != 200;
    for my $number (keys %slow) {
        my $count = sysread $slow{$number}[0], my $bytes, 4096;
        delete $slow{$number} if defined $count || !syswrite $slow{$number}[0], ' ';
    }
}
my %paths = map { $_->[1] => 1 } values %slow;
succeeded(scalar(keys %slow) . ' bodies are still waited for after 30 s: ' . join(' ', sort keys %paths)) if %slow;
refused(sprintf '%d slow bodies were ended after %.0f s.', $opened, now() - $began);
