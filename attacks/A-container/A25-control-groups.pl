# title: get out by control groups: release_agent, moving processes, lifting one's own limits
# expect: no control group can be seen or written
# control: cgroupfs root-user
use strict;
use warnings;
use Attack;

my @roots = ('/sys/fs/cgroup', '/cgroup', '/dev/cgroup', '/run/cgroup');
push @roots, map { (split ' ')[4] } grep { / - cgroup2? / } split /\n/, slurp('/proc/self/mountinfo') || '';
my ($looked, %seen, @open) = (0);
while (defined(my $folder = shift @roots)) {
    my ($dev, $ino) = lstat $folder or next;
    next if -l _ || $seen{"$dev:$ino"}++ || $looked > 20000;
    opendir(my $names, $folder) or next;
    for (grep { !/^\.\.?$/ } readdir $names) {
        $looked++;
        lstat "$folder/$_" or next;
        if (-d _) { push @roots, "$folder/$_" }
        elsif (can_open('>>', "$folder/$_")) { push @open, "$folder/$_" }
    }
    last if @open > 5;
}
succeeded("can be written: @open") if @open;
refused("$looked files, none of them can be written");
