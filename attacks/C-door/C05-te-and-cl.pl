# title: A request with both Transfer-Encoding and Content-Length, so that two readers see two different requests.
# expect: One request, one answer, or none.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my $token = own_token();
my $hidden = control_run() ? '' : "GET /v1/inbox?after=0&wait=0 HTTP/1.1\r\nHost: d\r\nAuthorization: Bearer $token\r\n\r\n";
my @requests = control_run() ? ("POST /v1/inbox/close HTTP/1.1\r\nHost: d\r\nAuthorization: Bearer $token\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{} \r\n0\r\n\r\n")
    : map { "POST /v1/inbox/close HTTP/1.1\r\nHost: d\r\nAuthorization: Bearer $token\r\n$_\r\n\r\n0\r\n\r\n$hidden" } (
        "Transfer-Encoding: chunked\r\nContent-Length: " . (5 + length $hidden), "Content-Length: " . (5 + length $hidden) . "\r\nTransfer-Encoding: chunked",
    );
for my $request (@requests) {
    my $answer = exchange($request, 4);
    succeeded('The chunked request was read.') if control_run() && $answer->{body} =~ /bad-json/;
    my $second = $answer->{closed} || $answer->{late} ? $answer : read_response($answer->{socket}, 2, $answer->{rest});
    succeeded("The hidden request was answered: $second->{status}.") if $second->{body} =~ /"messages"/;
    inconclusive("The door answered $answer->{status}.") if $answer->{status} !~ /^(?:400|0)$/;
}
refused(scalar(@requests) . ' ambiguous requests: each refused, and what was hidden in them is not answered.');
