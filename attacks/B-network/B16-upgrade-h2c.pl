# title: Upgrade to WebSocket and h2c, HTTP/2 with prior knowledge, HTTP/2 settings in a header.
# expect: The door speaks HTTP/1.1 and stays with it.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my $line = 'Authorization: Bearer ' . own_token();
my @requests = control_run() ? ("GET /v1/inbox?after=0&wait=0 HTTP/1.1\r\nHost: d\r\n$line\r\n\r\n") : (
    "GET /v1/inbox?after=0&wait=0 HTTP/1.1\r\nHost: d\r\n$line\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    "GET /v1/inbox?after=0&wait=0 HTTP/1.1\r\nHost: d\r\n$line\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", "GET /v1/inbox?after=0&wait=0 HTTP/1.1\r\nHost: d\r\n$line\r\nConnection: Upgrade\r\nUpgrade: attacker/1.0\r\n\r\n", "GET /v1/inbox HTTP/2.0\r\nHost: d\r\n$line\r\n\r\n",
);
for my $request (@requests) {
    my $answer = exchange($request, 4);
    my $shown = $request =~ /Upgrade: (\S+)/ ? $1 : ($request =~ /^(\S+ \S+ \S+)/)[0];
    succeeded("The door switched protocols for $shown.") if $answer->{status} == 101 || $answer->{raw} =~ /^\x00\x00.\x04/s;
    succeeded('A plain request is served in HTTP/1.1.') if control_run() && $answer->{raw} =~ m{^HTTP/1.1 200};
    inconclusive("No answer for $shown.") if !$answer->{status} && !$answer->{closed};
}
refused(scalar(@requests) . ' invitations to another protocol: declined.');
