# title: give files to others and programs the rights of others
# expect: EPERM for owners; set-id bits have no effect
# control: capabilities root-user new-privileges
use strict;
use warnings;
use Attack;

my @said;
for my $folder ('/tmp', '/home/agent', '/workspaces/loot', '/dev/shm') {
    my $path = "$folder/.attack-owner";
    open(my $file, '>', $path) or next;
    close $file;
    for ([0, 0], [0, -1], [-1, 0], [1, 1], [65534, 65534]) {
        next if $_->[0] == $> || $_->[1] == $) + 0;
        succeeded("a file in $folder belongs to $_->[0]:$_->[1] now") if chown($_->[0], $_->[1], $path) == 1 && ($_->[0] < 0 || (stat $path)[4] == $_->[0]);
        push @said, errno_name();
    }
    unlink $path;
}
inconclusive('no place to try it') unless @said;
my %kinds = map { $_ => 1 } @said;
refused(scalar(@said) . ' owners refused: ' . join ' ', sort keys %kinds);
