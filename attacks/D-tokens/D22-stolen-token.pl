# title: The live token of another tenant's dispatch, used from here: inbox, events, renewal, bundle, model.
# expect: A token works only from the container that it was given to: 403.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my $token = control_run() ? own_token() : facts()->{victim_token} // inconclusive('There is no victim token among the facts.');
my $workspace = control_run() ? home_workspace() : facts()->{victim_workspace};
my $turn = facts()->{victim_turn} // 't-1';
my %requests = (
    inbox => sub { get('/v1/inbox?after=0&wait=0', token => $token) },
    events => sub { post('/v1/events', qq({"first":1,"events":[{"type":"message-delta","turn":"$turn","text":"forged"}]}), token => $token) },
    'inbox close' => sub { post('/v1/inbox/close', '{"after":0}', token => $token) },
    renewal => sub { post('/v1/token', '', token => $token) },
    bundle => sub { post("/v1/workspaces/$workspace/bundle?turn=$turn", "# v2 git bundle\n", token => $token, type => 'application/x-git-bundle') },
    model => sub { post('/anthropic/v1/messages', '{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"hi"}]}', token => $token) },
);
%requests = (inbox => $requests{inbox}) if control_run();
for my $name (sort keys %requests) {
    my $answer = $requests{$name}->();
    succeeded("The $name was served.") if $answer->{status} == 200;
    inconclusive("The door answered $answer->{status} to $name.") if $answer->{status} != 403;
}
refused('All six requests with the stolen token: 403.');
