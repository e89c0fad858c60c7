# title: Every socket in the file system, and every path where another dispatch's door might lie, is connected to.
# expect: Only the own door is there.
# control: foreign-door
use strict;
use warnings;
use Attack qw(succeeded refused inconclusive facts);
use Door;

my $victim = facts()->{victim_dispatch} // inconclusive('There is no victim dispatch among the facts.');
my @guesses = map { ("$_/door/$victim/door.sock", "$_/../door/$victim/door.sock", "$_/../$victim/door.sock", "$_/$victim/door.sock", "$_/control.sock", "$_/api.sock", "$_/runtime.sock", "$_/redis.sock", "$_/../control.sock", "$_/../../control.sock") }
    '/run/vexa', '/dev/shm/vexa', '/run', '/var/run', '/proc/1/root/run/vexa', '/run/vexa/token';
my @folders = ('/run', '/tmp', '/dev', '/var', '/workspaces', '/home', '/opt', '/mnt', '/srv', '/media');
my ($looked, %found) = (0);
while (defined(my $folder = shift @folders)) {
    opendir my $handle, $folder or next;
    for my $name (readdir $handle) {
        next if $name eq '.' || $name eq '..';
        my $path = "$folder/$name";
        next unless lstat $path;
        $looked++;
        push @folders, $path if -d _ && $looked < 50000;
        $found{$path} = 1 if -S _ && $path ne door_path();
    }
}
for my $path (sort(keys %found), @guesses) {
    succeeded("Connected to $path.") if door($path);
}
refused("Of $looked files none is a foreign socket that answers, and none of " . scalar(@guesses) . ' guessed paths leads to one.');
