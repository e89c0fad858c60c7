# title: Duplicate names, lone surrogates, raw bytes that are no UTF-8, comments, trailing commas, two documents, a BOM, huge numbers.
# expect: Strict JSON or 400.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my $turn = own_turn() // inconclusive('There is no turn under way.');
my $first = next_number();
my $named = control_run() ? 'no-such-turn' : $turn;
my $event = sub { return "{\"first\":$first,\"events\":[{\"type\":\"message-delta\",\"turn\":\"$named\",\"text\":$_[0]}]}" };
my %bodies = control_run() ? (plain => $event->('"a"')) : (
    'first twice' => "{\"first\":9999999,\"first\":$first,\"events\":[{\"type\":\"phase\",\"turn\":\"$turn\",\"name\":\"x\"}]}", 'type twice' => "{\"first\":$first,\"events\":[{\"type\":\"phase\",\"type\":\"end\",\"turn\":\"$turn\",\"name\":\"x\"}]}",
    'turn twice' => "{\"first\":$first,\"events\":[{\"type\":\"phase\",\"turn\":\"x\",\"turn\":\"$turn\",\"name\":\"x\"}]}", 'a lone surrogate' => $event->('"\ud800"'), 'a low one' => $event->('"\udc00x"'),
    'no UTF-8' => $event->("\"\xff\xfe\""), 'overlong UTF-8' => $event->("\"\xc0\xaf\""), 'a raw surrogate' => $event->("\"\xed\xa0\x80\""), 'a comment' => $event->('"a"/*x*/'), 'a comma more' => $event->('"a",'),
    'two documents' => $event->('"a"') . $event->('"a"'), 'a control character' => $event->("\"\n\""), 'first as text' => "{\"first\":\"$first\",\"events\":[]}", 'first as 1e309' => '{"first":1e309,"events":[]}',
    'first below zero' => "{\"first\":-1,\"events\":[{\"type\":\"phase\",\"turn\":\"$turn\",\"name\":\"x\"}]}", 'first of 2^63' => "{\"first\":9223372036854775808,\"events\":[{\"type\":\"phase\",\"turn\":\"$turn\",\"name\":\"x\"}]}",
    'first as a fraction' => "{\"first\":$first.5,\"events\":[{\"type\":\"phase\",\"turn\":\"$turn\",\"name\":\"x\"}]}", 'null' => 'null', 'nothing' => '', 'NaN' => "{\"first\":NaN,\"events\":[]}", 'UTF-16' => join('', map { "$_\0" } split //, $event->('"a"')),
);
for my $name (sort keys %bodies) {
    my $answer = post('/v1/events', $bodies{$name});
    succeeded("The door took $name.") if $answer->{status} == 200 || rule_of($answer) eq 'turn-unknown';
    inconclusive("The door answered $answer->{status} to $name.") if $answer->{status} != 400;
}
refused(scalar(keys %bodies) . ' documents that are none: 400 each.');
