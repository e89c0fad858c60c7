# title: Transfer-Encoding misspelt, twice, folded, with other codings last; chunks with bad sizes and endings; behind each a hidden request.
# expect: 400 or a closed connection; what is hidden is not answered.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my $token = own_token();
my $next = control_run() ? '' : "GET /v1/inbox?after=0&wait=0 HTTP/1.1\r\nHost: d\r\nAuthorization: Bearer $token\r\n\r\n";
my $head = "POST /v1/inbox/close HTTP/1.1\r\nHost: d\r\nAuthorization: Bearer $token\r\n";
my @requests = control_run() ? ("${head}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n") : (
    (map { "${head}Transfer-Encoding: $_\r\n\r\n2\r\n{}\r\n0\r\n\r\n" } 'xchunked', 'chunked, identity', 'identity', "chunked\r\nTransfer-Encoding: identity", "\x0bchunked", 'chunked;q=1', '"chunked"'),
    "${head}Transfer-Encoding : chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", "${head}Transfer-Encoding:\r\n chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    (map { "${head}Transfer-Encoding: chunked\r\n\r\n$_" } "0x2\r\n{}\r\n0\r\n\r\n", "-2\r\n{}\r\n0\r\n\r\n", "2\n{}\n0\n\n", "100000002\r\n{}\r\n0\r\n\r\n", "ffffffffffffffff2\r\n{}\r\n0\r\n\r\n", "2\r\n{}x\r\n0\r\n\r\n", "2;a=b\n\r\n{}\r\n0\r\n\r\n"),
);
for my $request (@requests) {
    my $answer = exchange("$request$next", 3);
    my $shown = ($request =~ s/.*Bearer [\w.-]+//sr =~ s/\r/\\r/gr =~ s/\n/\\n/gr);
    succeeded("The door read the body of $shown") if $answer->{body} =~ /bad-json/ || $answer->{status} == 200;
    my $second = $answer->{closed} || $answer->{late} ? $answer : read_response($answer->{socket}, 2, $answer->{rest});
    succeeded("What followed was answered as a request of its own, after $shown") if $second->{body} =~ /"messages"/;
    inconclusive("The door answered $answer->{status} to $shown") if $answer->{status} !~ /^(?:4\d\d|501)$/ && !$answer->{closed};
}
refused(scalar(@requests) . ' doubtful encodings: none read, nothing behind them answered.');
