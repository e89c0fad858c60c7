# title: Events on the turn of another dispatch, on turns that never were, on no turn, on a turn whose name is a key.
# expect: A turn takes events from its own dispatch only: 409 or 400.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my @turns = control_run() ? () : (facts()->{victim_turn} // 't-x', 't-never', '', '*', "t-a\\u0000b", 't:x', 'seq', 'p:worker', 'open', 'ended');
if (control_run()) {
    my $turn = own_turn() // inconclusive('There is no turn under way.');
    my $answer = post('/v1/events', "{\"first\":1,\"events\":[{\"type\":\"phase\",\"turn\":\"$turn\",\"name\":\"agent-starting\"}]}");
    succeeded('An event on the own turn is taken.') if $answer->{status} == 200;
    inconclusive("The door answered $answer->{status}.");
}
for my $turn (@turns) {
    for my $event ("{\"type\":\"message-delta\",\"turn\":\"$turn\",\"text\":\"forged\"}", "{\"type\":\"turn-complete\",\"turn\":\"$turn\",\"ok\":true}") {
        my $answer = events($event);
        succeeded("The door took an event on turn '$turn'.") if $answer->{status} == 200;
        inconclusive("The door answered $answer->{status} on turn '$turn'.") if $answer->{status} !~ /^4(?:00|09)$/;
    }
}
refused(scalar(@turns) . ' turns that are not of this dispatch take nothing.');
