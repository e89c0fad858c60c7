# title: read what /proc and /sys tell of the whole machine: keys, memory, timers, interrupts, firmware
# expect: empty or refused
# control: writable-proc
use strict;
use warnings;
use Attack;

my @read;
for (qw(/proc/keys /proc/timer_list /proc/sched_debug /proc/latency_stats /proc/interrupts /proc/acpi/wakeup /proc/scsi/scsi /proc/asound/cards /proc/kcore
    /sys/firmware/memmap/0/start /sys/firmware/dmi/tables/DMI /sys/devices/virtual/powercap/intel-rapl/enabled /sys/fs/cgroup/cgroup.procs /sys/fs/bpf/x)) {
    my $text = slurp($_, 4096);
    push @read, $_ if defined $text && length $text;
}
for (qw(/proc/acpi /proc/asound /proc/scsi /sys/firmware /sys/fs /sys/devices/virtual/powercap)) {
    # Of the sandbox's own kernel folders only have names.
    last if fact('kind') =~ /gvisor/;
    opendir(my $names, $_) or next;
    push @read, "$_/" if grep { !/^\.\.?$/ } readdir $names;
}
succeeded("can be read: @read") if @read;
refused('nothing of it can be read');
