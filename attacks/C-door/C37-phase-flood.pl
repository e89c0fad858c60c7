# title: The reserve for phases and errors is used up by thousands of small ones.
# expect: It is small: another megabyte at most.
# control: honest
# alone: yes
# seconds: 90
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my $turn = own_turn() // inconclusive('There is no turn under way.');
my $number = next_number();
my ($taken, $count, $bound) = (0, 0, control_run() ? 10_000 : 70_000_000);
my $full = 0;
my $long = 'a' x 900000;
while ($taken < $bound) {
    my @batch = $full ? map { "{\"type\":\"error\",\"turn\":\"$turn\",\"stage\":\"agent-run\",\"party\":\"agent\",\"message\":\"" . 'e' x 2000 . '","hint":"h"}' } 1 .. 200 : ("{\"type\":\"message-delta\",\"turn\":\"$turn\",\"text\":\"" . (control_run() ? 'a' x 5000 : $long) . '"}');
    my $body = join ',', @batch;
    my $answer = post('/v1/events', "{\"first\":$number,\"events\":[$body]}", wait => 10);
    if ($answer->{status} == 200) { $taken += length $body; $number += @batch; next }
    if (rule_of($answer) eq 'stream-full' && !$full) { $full = 1; $number = next_number(); next }
    $number = next_number();
    refused(sprintf 'After %d MB not even errors are taken.', $taken / 1e6) if $full && rule_of($answer) eq 'stream-full';
    inconclusive("The door answered $answer->{status}: $answer->{body}");
}
catch_up() if control_run();
succeeded(sprintf 'The stream took %d KB.', $taken / 1e3);
