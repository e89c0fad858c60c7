# title: A request line of a megabyte, ten thousand headers, a header of a megabyte, an endless head.
# expect: 400, 414 or 431 soon, and the door goes on.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my %requests = control_run() ? (plain => "GET /v1/inbox?after=0&wait=0 HTTP/1.1\r\nHost: d\r\nAuthorization: Bearer " . own_token() . "\r\n\r\n") : (
    'a long line' => 'GET /v1/inbox?after=0&x=' . 'a' x 1048576 . " HTTP/1.1\r\nHost: d\r\n\r\n", 'many headers' => "GET /v1/inbox HTTP/1.1\r\nHost: d\r\n" . join('', map { "X-$_: y\r\n" } 1 .. 10000) . "\r\n",
    'a long header' => "GET /v1/inbox HTTP/1.1\r\nHost: d\r\nX: " . 'a' x 1048576 . "\r\n\r\n", 'an endless head' => "GET /v1/inbox HTTP/1.1\r\nHost: d\r\nX: " . 'a' x 33554432,
    'long trailers' => "POST /v1/inbox/close HTTP/1.1\r\nHost: d\r\nAuthorization: Bearer " . own_token() . "\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: " . 'a' x 1048576 . "\r\n\r\n",
    'long chunk extensions' => "POST /v1/inbox/close HTTP/1.1\r\nHost: d\r\nAuthorization: Bearer " . own_token() . "\r\nTransfer-Encoding: chunked\r\n\r\n2;" . 'a' x 33554432 . "\r\n{}\r\n0\r\n\r\n",
);
for my $name (sort keys %requests) {
    my $began = now();
    my $answer = exchange($requests{$name}, 6);
    succeeded("The door served $name: $answer->{status}.") if $answer->{status} =~ /^2/;
    succeeded(sprintf 'The door was kept busy by %s for %.1f s.', $name, now() - $began) if now() - $began > 5;
}
inconclusive('The door does not serve the agent any more.') if get('/v1/inbox?after=0&wait=0')->{status} != 200;
refused(scalar(keys %requests) . ' oversized heads refused at once.');
