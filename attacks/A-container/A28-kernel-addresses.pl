# title: learn the kernel's addresses and read its log, the first step of any exploit of it
# expect: kallsyms shows zeros, kmsg is not there, syslog is refused
# control: seccomp capabilities root-user
# skip: gvisor: the log and the addresses are those of the sandbox's own kernel
use strict;
use warnings;
use Attack;

my $log = "\0" x 4096;
my $got = sys('syslog', 3, $log, 4096);
succeeded("the kernel's log was read: $got bytes") if $got > 0;
for ('/dev/kmsg', '/proc/kmsg') { succeeded("$_ can be opened") if can_open('<', $_) }
if (open(my $symbols, '<', '/proc/kallsyms')) {
    while (<$symbols>) { succeeded('/proc/kallsyms shows addresses') if /^0*[1-9a-f][0-9a-f]* [tT] /; last if $. > 1000 }
}
refused('no address, no log');
