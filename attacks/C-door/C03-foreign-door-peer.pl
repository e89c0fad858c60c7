# title: Another dispatch's door socket, where one can be reached, is called with that dispatch's own stolen token.
# expect: The peer is not in that container: the connection ends before a byte is read.
# control: honest
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my $token = control_run() ? own_token() : facts()->{victim_token} // inconclusive('There is no victim token among the facts.');
my @paths = grep { -S } glob('/run/*/door.sock /run/*/*/door.sock /run/*/*/*/door.sock /tmp/*/door.sock /dev/shm/*/*/*/door.sock /dev/shm/*/*/*/*/door.sock');
@paths = grep { $_ ne door_path() } @paths unless control_run();
for my $path (@paths) {
    my $answer = get('/v1/inbox?after=0&wait=0', token => $token, path => $path);
    succeeded("The door at $path answered: $answer->{status}.") if $answer->{status};
}
refused(@paths ? scalar(@paths) . ' foreign doors hung up without a word.' : 'There is no foreign door to be reached from here at all.');
