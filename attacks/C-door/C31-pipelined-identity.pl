# title: A connection is used by requests with many identities, pipelined: the first authorised, the next without a token or with forged ones.
# expect: Each request is judged by itself.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my $token = own_token();
my $first = "GET /v1/inbox?after=0&wait=0 HTTP/1.1\r\nHost: d\r\nAuthorization: Bearer $token\r\n\r\n";
my $second = 'GET /v1/inbox?after=0&wait=0 HTTP/1.1' . "\r\nHost: d\r\n" . (control_run() ? "Authorization: Bearer $token\r\n" : '') . "\r\n";
my $socket = door() or inconclusive("There is no door: $!");
send_bytes($socket, $first . $second . ($second =~ s/Host: d\r\n/Host: d\r\nAuthorization: Bearer a.b.c\r\n/r), 3);
my $one = read_response($socket, 3);
my $two = read_response($socket, 3, $one->{rest});
succeeded('The second request was served' . (control_run() ? '.' : ' by the token of the first.')) if $two->{status} == 200;
inconclusive("The door answered $one->{status} and $two->{status}.") if $one->{status} != 200 || $two->{status} != 401;
refused('The request without a token on an authorised connection: 401.');
