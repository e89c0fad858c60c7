# title: Event bodies of a hundred thousand levels, in arrays, objects and in a tool's arguments.
# expect: Refused at a bounded depth, and the door goes on.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my $turn = own_turn() // inconclusive('There is no turn under way.');
my $number = next_number();
my $deep = sub { my ($levels) = @_; return "{\"first\":$number,\"events\":[{\"type\":\"tool-call\",\"turn\":\"" . (control_run() ? 'no-such-turn' : $turn) . "\",\"call_id\":\"c\",\"tool\":\"t\",\"args\":" . '[' x $levels . ']' x $levels . '}]}' };
my %bodies = control_run() ? (shallow => $deep->(20)) : (
    lists => '[' x 100000 . ']' x 100000, objects => '{"a":' x 100000 . '1' . '}' x 100000, arguments => $deep->(100000), 'arguments of 2000 levels' => $deep->(2000), 'open lists' => '[' x 1000000,
);
for my $name (sort keys %bodies) {
    my $began = now();
    my $answer = post('/v1/events', $bodies{$name}, wait => 8);
    succeeded("The contract let pass $name.") if rule_of($answer) eq 'turn-unknown' || $answer->{status} == 200;
    succeeded("The door failed over $name: $answer->{status}.") if $answer->{status} >= 500 || $answer->{closed};
    succeeded(sprintf 'The door took %.1f s over %s.', now() - $began, $name) if now() - $began > 5;
}
inconclusive('The door does not serve the agent any more.') if get('/v1/inbox?after=0&wait=0')->{status} != 200;
refused(scalar(keys %bodies) . ' depths refused, and the door goes on.');
