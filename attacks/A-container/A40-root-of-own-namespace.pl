# title: become root in namespaces of one's own, where they can be made, and do from there what root does
# expect: there are none; in the sandbox's own kernel root has nothing of the host to reach
# control: seccomp
use strict;
use warnings;
use Attack;

my ($none, $proc, $tmpfs, $sysfs) = ('none', 'proc', 'tmpfs', 'sysfs');
my $gvisor = fact('kind') =~ /gvisor/;
pipe(my $out, my $in);
my $exit = child(sub {
    my $say = sub { syswrite($in, "$_[0]\n"); return 0 };
    sys('unshare', 0x10000000 | 0x20000) == 0 or return 1;
    for (['setgroups', 'deny'], ['uid_map', '0 10001 1'], ['gid_map', '0 10001 1']) {
        open(my $file, '>', "/proc/self/$_->[0]") or next;
        syswrite($file, $_->[1]);
    }
    # A kernel shared with the host has given far too much already.
    return $say->('made a user and a mount namespace') unless $gvisor;
    mkdir '/tmp/.attack-mount';
    my $there = '/tmp/.attack-mount';
    for my $type ($proc, $sysfs, $tmpfs, 'devtmpfs', 'cgroup', 'debugfs', '9p', 'ext4', 'overlay') { sys('mount', $none, $there, $type, 0, 0) }
    for my $path ('/proc/1/root', '/', '/workspaces/loot') { sys('mount', $path, $there, $none, 4096, 0) }
    for my $file (split ' ', fact('host_files')) {
        for ($file, "$there$file", "/proc/1/root$file") { return $say->("$_ of the host was read") if defined slurp($_) }
    }
    for ([0060000, 7, 0], [0060000, 254, 0], [0020000, 1, 1], [0020000, 10, 237]) {
        my ($type, $major, $minor) = @$_;
        next if sys('mknodat', -100, "/tmp/.attack-node-$major-$minor", $type | 0666, ($major << 8) | $minor) < 0;
        return $say->("device $major:$minor was opened") if can_open('<', "/tmp/.attack-node-$major-$minor");
    }
    for ('/proc/sys/kernel/core_pattern', '/workspaces/attack/run.pl', '/usr/bin/perl', '/run/vexa/x') { return $say->("$_ can be written") if can_open('>>', $_) }
    return 1;
});
close $in;
my $did = <$out>;
inconclusive('no process could be made') unless defined $exit;
if ($exit == 0) { chomp $did; succeeded($did) }
refused($gvisor ? 'root of the sandbox found nothing of the host' : 'no namespace could be made');
