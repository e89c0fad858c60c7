# title: Ids in routes that are paths, wildcards, other tenants' keys or half a header: workspaces, turns.
# expect: An id has one grammar: 400, 403 or 404, and never a server error.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my $turn = own_turn() // inconclusive('There is no turn under way.');
my $home = home_workspace();
my @ids = control_run() ? ($home) : (
    '..', '%2e%2e', "..%2f..%2f$home", "$home%2f..%2fvictim", "$home%00", "$home%0d%0aX-A:%20b", uc $home, "$home.", "$home ", '*', '%7d%7b', '-', 'a' x 300, '%ff', '%e2%80%8b', "$home%23", '~', '%24%7bx%7d',
);
for my $id (@ids) {
    for my $path ("/v1/workspaces/$id/bundle?turn=$turn", "/v1/workspaces/$home/bundle?turn=$id") {
        my $answer = exchange("POST $path HTTP/1.1\r\nHost: d\r\nAuthorization: Bearer " . own_token() . "\r\nContent-Length: 1\r\n\r\nx");
        succeeded("POST $path got through to the workspace: " . rule_of($answer) . '.') if rule_of($answer) =~ /^bundle-/ || $answer->{status} =~ /^2/;
        succeeded("POST $path made the door fail: $answer->{status}.") if $answer->{status} >= 500;
        inconclusive("The door answered $answer->{status} to $path.") if $answer->{status} !~ /^40[0-9]$/;
    }
}
refused(scalar(@ids) . ' ids that are none: refused in both places.');
