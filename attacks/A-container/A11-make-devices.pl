# title: make device nodes of disks and memory, and open them
# expect: EPERM when making them; no folder that can be written lets them be opened
# control: devices root-user capabilities
use strict;
use warnings;
use Attack;

my @devices = ([0060000, 7, 0], [0060000, 8, 0], [0060000, 254, 0], [0060000, 259, 0], [0020000, 1, 1], [0020000, 1, 2], [0020000, 1, 11], [0020000, 10, 229], [0020000, 10, 237], [0020000, 10, 200]);
for (split /\n/, slurp('/proc/partitions') || '') { push @devices, [0060000, $1, $2] if /^\s*(\d+)\s+(\d+)\s/ }
my ($tries, @made) = (0);
# The sandbox's own kernel has these two itself.
@devices = grep { "$_->[1]:$_->[2]" !~ /^10:2(?:29|00)$/ } @devices if fact('kind') =~ /gvisor/;
for my $folder (grep { -d } '/tmp', '/home/agent', '/dev/shm', '/dev', '/workspaces/loot', '/run', '/var/tmp', '/') {
    for (@devices) {
        my ($type, $major, $minor) = @$_;
        my $path = "$folder/.attack-$major-$minor";
        $tries++;
        next if sys('mknodat', -100, $path, $type | 0666, ($major << 8) | $minor) < 0;
        push @made, $path;
        my $opened = can_open('<', $path);
        my $error = errno_name();
        unlink $path;
        succeeded("a device $major:$minor was made in $folder and opened") if $opened;
        # The sandbox's own kernel makes nodes, but has nothing behind them.
        if (fact('kind') =~ /gvisor/) { pop @made; next }
        succeeded("a device $major:$minor was made in $folder and is there ($error)") if $error =~ /^(ENXIO|ENODEV|EBUSY|ENOMEDIUM)$/;
    }
}
succeeded("devices were made, though not opened: @made") if @made;
refused("$tries times refused");
