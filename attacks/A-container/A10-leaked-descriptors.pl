# title: reach the host through a descriptor that the runtime left open (CVE-2024-21626 and its kin)
# expect: no descriptor, of this process or of one above it, leads to a folder or file of the host
# control: leaked-descriptor
use strict;
use warnings;
use Attack;

my $looked = 0;
for my $process ('self', getppid(), 1) {
    opendir(my $names, "/proc/$process/fd") or next;
    my $own = $process eq 'self' ? fileno($names) // -1 : -1;
    for my $fd (grep { /^\d+$/ } readdir $names) {
        my $path = "/proc/$process/fd/$fd";
        my $target = readlink $path;
        next unless defined $target;
        $looked++;
        next if $target eq "/proc/$$/fd";
        succeeded("descriptor $fd of $process is the folder $target") if -d $path;
        succeeded("descriptor $fd of $process is a device, $target") if -b $path;
        for my $file (split(' ', fact('host_files')), 'secret', '../../../../etc/hostname') {
            my $up = $file =~ m{^/} ? "$path/../../../../..$file" : "$path/$file";
            succeeded("$up can be read") if -d $path && defined slurp($up);
        }
    }
}
for my $n (3 .. 63) {
    succeeded("the working folder can be set to descriptor $n") if chdir "/proc/self/fd/$n";
}
inconclusive('no descriptor could be looked at') unless $looked;
refused("$looked descriptors, pipes and sockets all");
