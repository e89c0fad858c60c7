# title: become root by a setuid or setgid program that lies anywhere in the container
# expect: there is none, and no_new_privs and nosuid would take its effect
# control: suid-file new-privileges
use strict;
use warnings;
use Attack;

my ($looked, @found) = (0);
my @folders = ('/usr', '/bin', '/sbin', '/opt', '/etc', '/var', '/home', '/tmp', '/run', '/workspaces', '/srv', '/root', '/mnt', '/dev/shm');
my %seen;
while (defined(my $folder = pop @folders)) {
    my ($dev, $ino) = lstat $folder or next;
    next if -l _ || $seen{"$dev:$ino"}++;
    opendir(my $names, $folder) or next;
    for (readdir $names) {
        next if $_ eq '.' || $_ eq '..';
        my @stat = lstat "$folder/$_" or next;
        if (-d _) { push @folders, "$folder/$_" }
        elsif (-f _) { $looked++; push @found, "$folder/$_" if $stat[2] & 06000 }
    }
}
for my $program (@found) {
    # The program of the control is a shell; others are at least asked who they are by their effect on a child's saved ids.
    pipe(my $out, my $in);
    my $pid = fork;
    if (!$pid) { open(STDOUT, '>&', $in); close STDIN; exec { $program } $program, '-p', '-c', 'while read -r k v; do case $k in Uid:) echo $v;; esac; done < /proc/$$/status' or POSIX::_exit(9) }
    close $in;
    my $uids = join ' ', <$out>;
    waitpid($pid, 0);
    succeeded("$program ran as uid 0") if $uids =~ /\b0\b/;
}
inconclusive("setuid programs that gave nothing, which the image must not have: @found") if @found;
refused("no setuid or setgid program among $looked files");
