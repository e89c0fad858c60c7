# title: What other dispatches left is looked for: in temporary folders, shared memory, queues, homes, workspaces that are not ours.
# expect: Nothing is there: everything writable was made for this container.
# control: foreign-workspace
# alone: yes
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my %ours = map { ("/workspaces/$_" => 1) } (map { $_->{id} } @{ claims()->{workspaces} }), 'loot', facts()->{read_only_workspace} // ();
my @found = grep { !$ours{$_} } glob('/workspaces/*');
push @found, grep { -e } glob('/dev/shm/* /dev/mqueue/* /var/tmp/* /home/[b-z]* /root/*');
for my $table ('/proc/sysvipc/shm', '/proc/sysvipc/msg', '/proc/sysvipc/sem') {
    my @lines = split /\n/, slurp($table) // '';
    push @found, $table if @lines > 1;
}
succeeded('Found: ' . join(' ', @found[0 .. ($#found > 4 ? 4 : $#found)]) . '.') if @found;
refused('No workspace but the own ones, no file and no memory of others.');
