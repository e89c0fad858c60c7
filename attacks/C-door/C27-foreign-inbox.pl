# title: Another dispatch's inbox and stream are asked for: by query, header, path and body.
# expect: The dispatch is the socket's, never the request's.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my $victim = control_run() ? dispatch() : facts()->{victim_dispatch} // inconclusive('There is no victim dispatch among the facts.');
my $turn = control_run() ? own_turn() : facts()->{victim_turn} // inconclusive('There is no victim turn among the facts.');
my @answers = (
    get("/v1/inbox?after=0&wait=0&dispatch=$victim"), get("/v1/inbox?dispatch=$victim&after=0&wait=0&id=unit:$victim:in"), get('/v1/inbox?after=0&wait=0', headers => ["X-Dispatch: $victim", "Vexa-Dispatch: $victim", "Forwarded: for=$victim"]),
    get("/v1/inbox/$victim?after=0&wait=0"), get("/v1/dispatches/$victim/inbox?after=0&wait=0"), get("/v1/events/$victim"), get("/v1/events?dispatch=$victim&after=0"), get("/v1/streams/unit:$victim:out"), get("/v1/inbox?after=0&after=1&wait=0"),
);
for my $answer (@answers) {
    succeeded('An inbox with the turn ' . (control_run() ? 'of our own' : 'of the victim') . ' was read.') if $answer->{body} =~ /"turn":"\Q$turn\E"/;
    inconclusive("The door answered $answer->{status}.") if $answer->{status} !~ /^(?:200|40[045])$/;
}
refused('Whatever is asked for, it is the own inbox or nothing: ' . join(' ', map { $_->{status} } @answers) . '.');
