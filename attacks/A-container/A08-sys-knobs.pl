# title: change the kernel by /sys: uevent_helper, power states, memory, block queues, and every other file
# expect: EROFS or EACCES for each file
# control: writable-sys root-user
use strict;
use warnings;
use Attack;

my (@files, %seen);
my @folders = map { "/sys/$_" } qw(kernel power module class/net class/block block devices/system bus/pci fs firmware);
while (defined(my $folder = shift @folders)) {
    last if @files > 20000;
    opendir(my $names, $folder) or next;
    for (grep { !/^\.\.?$/ } readdir $names) {
        lstat "$folder/$_" or next;
        if (-d _) { push @folders, "$folder/$_" } elsif (-f _) { push @files, "$folder/$_" }
    }
}
push @files, grep { -e } '/sys/kernel/uevent_helper', '/sys/power/state', '/sys/kernel/mm/ksm/run', '/sys/kernel/profiling', '/sys/kernel/rcu_expedited';
my @open;
for (@files) { push @open, $_ if can_open(">>", $_); last if @open > 4 }
succeeded("can be written: @open") if @open;
my @made = grep { mkdir } '/sys/fs/cgroup/attack', '/sys/kernel/config/attack';
succeeded("made @made") if @made;
refused(scalar(@files) . ' files of /sys, none can be written');
