# title: Content-Length twice, as a list, negative, hexadecimal, too large for a number, or with a space before the colon.
# expect: 400 for each.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my $token = own_token();
my @lines = control_run() ? ('Content-Length: 2') : (
    "Content-Length: 2\r\nContent-Length: 3", "Content-Length: 3\r\nContent-Length: 2", 'Content-Length: 2, 3', 'Content-Length: 2, 2', 'Content-Length: -2', 'Content-Length: 0x2', 'Content-Length: 2e0',
    'Content-Length: 99999999999999999999999', 'Content-Length: 18446744073709551618', 'Content-Length : 2', "Content-Length: 2\x0b", 'Content-Length: 2 2', 'Content-Length: two',
);
for my $line (@lines) {
    my $answer = exchange("POST /v1/inbox/close HTTP/1.1\r\nHost: d\r\nAuthorization: Bearer $token\r\n$line\r\n\r\n{}", 3);
    succeeded('The door read the body of a request with ' . ($line =~ s/[\r\n]+/ and /gr) . '.') if $answer->{body} =~ /bad-json/ || $answer->{status} == 200;
    inconclusive("The door answered $answer->{status} to: $line") if $answer->{status} !~ /^4\d\d$/ && !$answer->{closed};
}
refused(scalar(@lines) . ' doubtful lengths refused.');
