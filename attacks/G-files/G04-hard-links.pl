# title: pull files of other mounts into a writable place by a hard link, to change them there or have them committed
# expect: EXDEV, EPERM or EROFS
# control: honest
use strict;
use warnings;
use Attack;

my @targets = control() ? ('/workspaces/loot/.attack-target') : ('/etc/shadow', '/etc/passwd', '/usr/bin/git', '/run/vexa/token/token', '/run/vexa/door.sock', '/opt/vexa/vexa-worker', '/workspaces/attack/run.pl', '/proc/1/exe', '/proc/self/environ',
    '/proc/1/root/etc/shadow', '/sys/kernel/profiling', split(' ', fact('host_files')));
if (control()) { open(my $file, '>', $targets[0]) or inconclusive("$targets[0]: $!") }
my $tries = 0;
for my $folder ('/workspaces/loot', '/tmp', '/home/agent', '/dev/shm') {
    for (@targets) {
        my $link = "$folder/.attack-link-" . ++$tries;
        my $linked = link($_, $link) || sys('linkat', -100, $_, -100, $link, 0x400) == 0;
        unlink $link if $linked;
        succeeded("$_ was linked into $folder") if $linked;
    }
}
refused("$tries links refused");
