# title: Bare line feeds, folded lines, NUL, control characters, missing and doubled Host, HTTP/0.9 and invented versions.
# expect: 400, 505 or a closed connection.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my $token = own_token();
my $line = "Authorization: Bearer $token";
my $get = 'GET /v1/inbox?after=0&wait=0';
my @requests = control_run() ? ("$get HTTP/1.1\r\nHost: d\r\n$line\r\n\r\n") : (
    "$get HTTP/1.1\nHost: d\n$line\n\n", "$get HTTP/1.1\r\nHost: d\nX: y\r\n$line\r\n\r\n", "$get HTTP/1.1\r\nHost: d\r\n$line\r\nX: a\n b: c\r\n\r\n",
    "$get HTTP/1.1\r\nHost: d\r\nAuthorization:\r\n Bearer $token\r\n\r\n", "$get HTTP/1.1\r\nHost: d\r\n$line\r\nX: a\0b\r\n\r\n", "$get HTTP/1.1\r\nHost: d\r\n$line\r\nX\0: a\r\n\r\n",
    "$get HTTP/1.1\r\n$line\r\n\r\n", "$get HTTP/1.1\r\nHost: d\r\nHost: e\r\n$line\r\n\r\n", "$get\r\n$line\r\n\r\n", "$get HTTP/3.0\r\nHost: d\r\n$line\r\n\r\n", "$get HTTP/1.1 \r\nHost: d\r\n$line\r\n\r\n",
    "GET  /v1/inbox?after=0&wait=0  HTTP/1.1\r\nHost: d\r\n$line\r\n\r\n", "$get HTTP/1.1\r\nHost: d\r\n: a\r\n$line\r\n\r\n", "$get HTTP/1.1\r\nHost: d\r\nX a\r\n$line\r\n\r\n",
    "G\0ET /v1/inbox?after=0&wait=0 HTTP/1.1\r\nHost: d\r\n$line\r\n\r\n", "$get HTTP/1.1\r\nHost: d\r\n$line\r\rX: b\r\n\r\n",
);
for my $request (@requests) {
    my $answer = exchange($request, 3);
    my $shown = $request =~ s/eyJ[\w.-]+/TOKEN/gr =~ s/\r/\\r/gr =~ s/\n/\\n/gr =~ s/\0/\\0/gr;
    succeeded("The door served $shown") if $answer->{status} =~ /^2/;
    inconclusive("The door answered $answer->{status} to $shown") if $answer->{status} !~ /^(?:400|401|505)$/ && !$answer->{closed};
}
refused(scalar(@requests) . ' malformed heads refused.');
