# title: The door's own control routes, control's internal routes and its API are called over the agent's socket.
# expect: The agent's socket serves the agent's paths and no others: 404.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my ($own, $victim) = (dispatch(), facts()->{victim_dispatch} // 'd-x');
my $workspace = facts()->{victim_workspace} // 'victim';
my @requests = control_run() ? (['GET', '/v1/inbox?after=0&wait=0']) : (
    ['PUT', "/listeners/$victim"], ['DELETE', "/listeners/$victim"], ['PUT', "/listeners/$own"], ['GET', '/health'], ['GET', '/health/door'],
    ['GET', "/internal/workspaces/$workspace/bundle?commit=" . '0' x 40], ['POST', "/internal/dispatches/$own/token"], ['POST', '/workloads'], ['GET', "/workloads/$victim"],
    ['GET', '/runs'], ['GET', "/runs/$victim/events"], ['POST', '/chat'], ['GET', '/v1/runs'], ['POST', '/v1/chat'], ['GET', '/v1/workspaces'], ['GET', "/v1/workspaces/$workspace/tree"],
    ['GET', '/tokens'], ['POST', '/v1/tokens'], ['GET', '/metrics'], ['GET', '/openapi.json'], ['GET', '/'], ['GET', '/v1'], ['GET', '/api/v1/runs'], ['DELETE', "/listeners/$own"],
);
for my $request (@requests) {
    my $answer = request($request->[0], $request->[1], $request->[0] eq 'GET' ? () : (body => ''));
    succeeded("$request->[0] $request->[1] was served: $answer->{status}.") if $answer->{status} =~ /^2/;
    inconclusive("The door answered $answer->{status} to $request->[0] $request->[1].") if $answer->{status} !~ /^40[45]$/;
}
refused(scalar(@requests) . ' routes of others: there is nothing at these paths.');
