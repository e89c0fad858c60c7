# title: A model call whose Host, forwarding and routing headers name another host.
# expect: The endpoint is the installation's: it is called, or nobody is.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my $token = own_token();
my @headers = control_run() ? ('X-Nothing: x') : ('X-Forwarded-Host: attacker.test', 'Forwarded: host=attacker.test', 'X-Original-URL: http://attacker.test/', 'X-Rewrite-URL: /admin', 'Location: http://attacker.test/', 'X-Host: attacker.test', 'Destination: http://attacker.test/');
my $body = '{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"hi"}]}';
my %seen;
for my $header (@headers) {
    my $host = control_run() ? 'door' : 'attacker.test';
    my $answer = exchange("POST /anthropic/v1/messages/count_tokens HTTP/1.1\r\nHost: $host\r\nAuthorization: Bearer $token\r\nContent-Type: application/json\r\n$header\r\nContent-Length: " . length($body) . "\r\n\r\n$body", 10);
    succeeded("With $header the door tried to reach somebody else: $answer->{body}") if $answer->{status} == 502 || $answer->{status} =~ /^3/;
    succeeded('A plain call is answered by the endpoint.') if control_run() && $answer->{status} == 200;
    $seen{ $answer->{status} }++;
}
inconclusive('The door answered nothing.') if $seen{0};
refused('The same endpoint answered each time: ' . join(' ', map { "$_ ($seen{$_})" } sort keys %seen) . '.');
