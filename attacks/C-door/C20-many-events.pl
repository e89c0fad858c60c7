# title: A million events at once, an append of 2 MiB, one event of 2 MiB, 300 events in one append.
# expect: At most 256 events and 1 MiB at once: 400 or 413.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my $turn = own_turn() // inconclusive('There is no turn under way.');
my $number = next_number();
my $named = control_run() ? 'no-such-turn' : $turn;
my $event = "{\"type\":\"phase\",\"turn\":\"$named\",\"name\":\"x\"}";
my %bodies = control_run() ? ('one event' => "{\"first\":$number,\"events\":[$event]}") : (
    'a million events' => "{\"first\":$number,\"events\":[" . join(',', ($event) x 1000000) . ']}', '300 events' => "{\"first\":$number,\"events\":[" . join(',', ($event) x 300) . ']}',
    'one event of 2 MiB' => "{\"first\":$number,\"events\":[{\"type\":\"message-delta\",\"turn\":\"$named\",\"text\":\"" . 'a' x 2097152 . '"}]}', 'no event' => "{\"first\":$number,\"events\":[]}",
);
for my $name (sort keys %bodies) {
    my $answer = post('/v1/events', $bodies{$name}, wait => 8);
    succeeded("The contract let pass $name.") if $answer->{status} == 200 || rule_of($answer) eq 'turn-unknown';
    inconclusive("The door answered $answer->{status} to $name.") if $answer->{status} !~ /^4(?:00|13)$/ && !$answer->{closed};
}
refused(scalar(keys %bodies) . ' appends beyond the bounds refused.');
