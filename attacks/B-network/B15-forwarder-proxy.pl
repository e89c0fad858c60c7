# title: The worker's loopback forwarder is used as a proxy to elsewhere: CONNECT, absolute URLs, TLS, SOCKS.
# expect: It leads to the door and only there.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Socket;
use Network;

my ($port) = ($ENV{ANTHROPIC_BASE_URL} // '') =~ m{^http://127\.0\.0\.1:(\d+)} or inconclusive('There is no forwarder.');
my @greetings = control_run() ? ("GET /v1/inbox?after=0&wait=0 HTTP/1.1\r\nHost: d\r\n\r\n") : (
    "CONNECT attacker.test:443 HTTP/1.1\r\nHost: attacker.test:443\r\n\r\n", "GET http://attacker.test/ HTTP/1.1\r\nHost: attacker.test\r\n\r\n", "GET http://169.254.169.254/latest/ HTTP/1.1\r\nHost: 169.254.169.254\r\n\r\n",
    "\x05\x01\x00", "\x04\x01\x01\xbb\x01\x01\x01\x01\x00", "\x16\x03\x01\x00\x05hello", "GET /health HTTP/1.1\r\nHost: d\r\n\r\n", "PUT /listeners/x HTTP/1.1\r\nHost: d\r\nContent-Length: 0\r\n\r\n",
);
for my $greeting (@greetings) {
    my $socket = open_socket(AF_INET, SOCK_STREAM);
    connect $socket, pack_sockaddr_in($port, INADDR_LOOPBACK);
    pause(0.05);
    send_bytes($socket, $greeting, 2);
    my $answer = read_response($socket, 2);
    my $shown = $greeting =~ s/\r\n.*//sr =~ s/[^ -~]/./gr;
    succeeded("The forwarder served '$shown': $answer->{status}.") if $answer->{status} =~ /^[25]/ || $answer->{raw} =~ /^(?:\x05\x00|\x00\x5a|\x16)/;
}
refused(scalar(@greetings) . ' greetings of proxies: the forwarder knows none.');
