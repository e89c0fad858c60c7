# title: The door is used as a proxy: CONNECT to hosts, ports and sockets.
# expect: 400, 404 or 405: the door is no proxy.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my $token = own_token();
my @targets = control_run() ? ('GET /v1/inbox?after=0&wait=0') : ('CONNECT attacker.test:443', 'CONNECT 1.1.1.1:443', 'CONNECT 169.254.169.254:80', 'CONNECT localhost:22', 'CONNECT /run/vexa/door.sock', 'CONNECT *', 'CONNECT [::1]:80', 'CONNECT /v1/inbox');
for my $target (@targets) {
    my $answer = exchange("$target HTTP/1.1\r\nHost: attacker.test\r\nAuthorization: Bearer $token\r\nProxy-Authorization: Bearer $token\r\n\r\n", 4);
    succeeded("$target was served: $answer->{status}.") if $answer->{status} =~ /^2/;
    inconclusive("The door answered $answer->{status} to $target.") if $answer->{status} !~ /^40[045]$/ && !$answer->{closed};
}
refused(scalar(@targets) . ' targets: the door connects to none.');
