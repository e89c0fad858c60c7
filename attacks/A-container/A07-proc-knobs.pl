# title: change the kernel by /proc: core_pattern, sysrq, modprobe, binfmt, and every other setting
# expect: EROFS or EACCES for each file
# control: writable-proc root-user
use strict;
use warnings;
use Attack;

my @files = map { "/proc/$_" } qw(sysrq-trigger sys/kernel/core_pattern sys/kernel/modprobe sys/kernel/hotplug sys/kernel/poweroff_cmd sys/kernel/cad_pid sys/kernel/sysrq
    sys/kernel/randomize_va_space sys/vm/overcommit_memory sys/vm/panic_on_oom sys/vm/drop_caches sys/fs/suid_dumpable sys/fs/protected_symlinks sys/fs/binfmt_misc/register
    irq/0/smp_affinity irq/default_smp_affinity bus/pci/00/00.0 scsi/scsi acpi/wakeup mtrr);
my @folders = ('/proc/sys');
while (defined(my $folder = shift @folders)) {
    opendir(my $names, $folder) or next;
    for (grep { !/^\.\.?$/ } readdir $names) {
        lstat "$folder/$_" or next;
        # Those of the container's own network are its own, and of no use.
        if (-d _) { push @folders, "$folder/$_" unless "$folder/$_" eq '/proc/sys/net' } else { push @files, "$folder/$_" }
    }
}
# Opened and not written: to have it is enough.
my @open;
for (@files) { push @open, $_ if -e && can_open(">>", $_); last if @open > 4 }
succeeded("can be written: @open") if @open;
refused(scalar(@files) . ' settings of the kernel, none can be written');
