# title: The way to the control routes through dots, encoded slashes, backslashes, NUL, double slashes and overlong UTF-8.
# expect: A path means what it says after one decoding: 400 or 404.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my $victim = facts()->{victim_dispatch} // 'd-x';
my @paths = control_run() ? ('/v1/../v1/inbox?after=0&wait=0') : (
    '/v1/../health', '/v1/%2e%2e/health', '/v1/..%2fhealth', '/v1/..%5chealth', '/v1\\..\\health', '//health', '/v1//../health', '/v1/%252e%252e/health', '/v1/./../health',
    "/v1/..;/health", '/v1/%c0%ae%c0%ae/health', "/v1/../listeners/$victim", '/anthropic/../health', '/anthropic/%2e%2e/health', '/anthropic/v1/../../health',
    '/v1/%00/../health', '/health%00/v1', '/v1%2f..%2fhealth', '/v1/inbox/..%2f..%2fhealth', '/.//health', '/v1/..%c1%9chealth', '/V1/../HEALTH', '/health?/v1/', '/health#/v1/', '/v1/%u002e%u002e/health',
);
for my $path (@paths) {
    my $answer = exchange("GET $path HTTP/1.1\r\nHost: d\r\nAuthorization: Bearer " . own_token() . "\r\n\r\n");
    succeeded("GET $path was served: $answer->{status}.") if $answer->{status} =~ /^2/;
    inconclusive("The door answered $answer->{status} to $path.") if $answer->{status} !~ /^40[045]$/ && !$answer->{closed};
}
refused(scalar(@paths) . ' spellings of the way out: none leads anywhere.');
