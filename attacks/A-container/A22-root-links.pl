# title: walk out by /proc/<pid>/root, cwd and fd of every process, and by ever more ..
# expect: each leads into this container or nowhere
# control: host-pid root-user capabilities
use strict;
use warnings;
use Attack;

my @files = split ' ', fact('host_files');
opendir(my $names, '/proc') or inconclusive("/proc: $!");
my @pids = grep { /^\d+$/ } readdir $names;
my $tries = 0;
for my $pid (@pids, fact('host_pid')) {
    for my $link ('root', 'cwd', 'task/' . $pid . '/root') {
        for my $file (@files) {
            for my $path ("/proc/$pid/$link$file", "/proc/$pid/$link/../../../../../..$file") {
                $tries++;
                succeeded("$path can be read") if defined slurp($path);
            }
        }
    }
}
for my $file (@files) {
    for my $start ('/', '/workspaces/loot', '/workspaces/attack', '/run/vexa', '/run/vexa/token', '/opt/vexa', '/opt/runners', '/dev/shm', '/tmp') {
        $tries++;
        succeeded("$start/../..$file can be read") if defined slurp("$start/../../../../../../../..$file");
    }
}
refused("$tries paths, none leads out");
