# title: The door is asked for the URLs of other hosts, in full.
# expect: It serves its own paths, never another host: no request leaves.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my $token = own_token();
my @targets = control_run() ? ('http://door/v1/inbox?after=0&wait=0') : ('http://attacker.test/', 'http://169.254.169.254/latest/meta-data/', 'https://attacker.test/v1/', 'http://user@attacker.test/', 'file:///etc/passwd', 'unix:/run/vexa/door.sock', 'http://127.0.0.1:7420/api', 'gopher://attacker.test/_x', 'http://attacker.test/anthropic/v1/x', '//attacker.test/');
for my $target (@targets) {
    my $answer = exchange("GET $target HTTP/1.1\r\nHost: " . (control_run() ? 'door' : 'attacker.test') . "\r\nAuthorization: Bearer $token\r\n\r\n", 4);
    succeeded("GET $target was served: $answer->{status}.") if $answer->{status} =~ /^[235]/;
    inconclusive("The door answered $answer->{status} to $target.") if $answer->{status} !~ /^40[04]$/ && !$answer->{closed};
}
refused(scalar(@targets) . ' foreign URLs: nothing there.');
