# title: Another tenant's live token is bound to a connection that then sends the victim's workspace a bundle.
# expect: The bind is refused, so is all that follows: 403, 401.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;
use Bundle;

my $token = control_run() ? own_token() : facts()->{victim_token} // inconclusive('There is no victim token among the facts.');
my $workspace = control_run() ? home_workspace() : facts()->{victim_workspace};
my $turn = control_run() ? own_turn() : facts()->{victim_turn} // 't-x';
my $socket = door() or inconclusive("There is no door: $!");
my $bound = request('POST', '/v1/bind', token => $token, socket => $socket);
my $bundle = bundle_of(turn_commit(with_file(['100644', "bound-$$.txt", blob("hello\n")])));
my $sent = request('POST', "/v1/workspaces/$workspace/bundle?turn=$turn", body => $bundle, type => 'application/x-git-bundle', token => undef, socket => $socket, wait => 30);
succeeded("The commit landed in $workspace.") if $sent->{status} == 200;
inconclusive("The door answered $bound->{status} and $sent->{status}.") if $bound->{status} != 403 || $sent->{status} != 401;
refused('Bind 403, bundle 401.');
