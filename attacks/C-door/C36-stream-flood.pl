# title: Events of a megabyte are written until the stream takes no more.
# expect: A budget of bytes ends it: 409 stream-full, and the turn can still end.
# control: honest
# alone: yes
# seconds: 60
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my $turn = own_turn() // inconclusive('There is no turn under way.');
my $text = 'a' x 1000000;
my ($taken, $bound) = (0, control_run() ? 2_000_000 : 80_000_000);
my $number = next_number();
while ($taken < $bound) {
    my $answer = post('/v1/events', "{\"first\":$number,\"events\":[{\"type\":\"message-delta\",\"turn\":\"$turn\",\"text\":\"$text\"}]}", wait => 10);
    if ($answer->{status} == 200) { $taken += length $text; $number++; next }
    catch_up();
    inconclusive("The door answered $answer->{status} after $taken bytes: " . rule_of($answer)) if rule_of($answer) ne 'stream-full';
    refused(sprintf 'After %d MB the stream took no more: stream-full.', $taken / 1e6);
}
catch_up();
succeeded(sprintf 'The stream took %d MB.', $taken / 1e6);
