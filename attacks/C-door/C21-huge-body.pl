# title: Bodies of 2 GiB: announced, and chunked without end, to events, inbox, token, model and a bundle.
# expect: 413 at the bound of each route, without reading on.
# control: honest
# seconds: 40
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my $token = own_token();
my $home = home_workspace();
my $turn = own_turn() // inconclusive('There is no turn under way.');
my %most = ('/v1/events' => 1 << 20, '/v1/inbox/close' => 1024, '/anthropic/v1/messages' => 32 << 20, "/v1/workspaces/$home/bundle?turn=$turn" => 256 << 20);
if (control_run()) {
    my $answer = post('/v1/inbox/close', ' ' x 1000 . '{}');
    succeeded('A body below the bound is read as a whole.') if $answer->{body} =~ /bad-json/;
    inconclusive("The door answered $answer->{status}.");
}
for my $path (sort keys %most) {
    my $answer = exchange("POST $path HTTP/1.1\r\nHost: d\r\nAuthorization: Bearer $token\r\nContent-Type: application/json\r\nContent-Length: 2147483648\r\n\r\n", 5);
    succeeded("2 GiB announced to $path are waited for.") if !$answer->{status} && $answer->{late};
    inconclusive("The door answered $answer->{status} to 2 GiB at $path.") if $answer->{status} !~ /^4/ && !$answer->{closed};
    next if $most{$path} > 64 << 20;
    my $socket = door() or inconclusive("There is no door: $!");
    send_bytes($socket, "POST $path HTTP/1.1\r\nHost: d\r\nAuthorization: Bearer $token\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", 3);
    my ($chunk, $sent) = ("100000\r\n" . ' ' x 1048576 . "\r\n", 0);
    while ($sent < $most{$path} + (64 << 20)) {
        my $taken = send_bytes($socket, $chunk, 2);
        $sent += $taken;
        last if $taken < length $chunk;
    }
    succeeded(sprintf '%s took %d MiB.', $path, $sent >> 20) if $sent >= $most{$path} + (64 << 20);
}
inconclusive('The door does not serve the agent any more.') if get('/v1/inbox?after=0&wait=0')->{status} != 200;
refused('2 GiB refused on every route, chunked bodies cut at their bounds.');
