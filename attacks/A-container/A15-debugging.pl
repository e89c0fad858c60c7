# title: read and change another process by ptrace, process_vm_readv, pidfd_getfd and /proc/<pid>/mem of the host
# expect: EPERM even for a child of one's own: no debugger is needed, so none is there
# control: seccomp
# skip: gvisor: the debugger and the process are both inside the sandbox's own kernel
use strict;
use warnings;
use Attack;

pipe(my $hold, my $release);
my $pid = fork;
if (!$pid) { close $release; sysread($hold, my $wait, 1); POSIX::_exit(0) }
my @said;
my $try = sub {
    my ($name, $result) = @_;
    my $error = errno_name();
    if ($result >= 0) { kill 'KILL', $pid; succeeded("$name was let through") }
    push @said, "$name $error";
};
# SEIZE, which does not stop it.
$try->(ptrace => sys('ptrace', 0x4206, $pid, 0, 0));
my $buffer = "\0" x 64;
my $own = pack('PQ', $buffer, 64);
my $theirs = pack('PQ', $buffer, 64);
$try->(process_vm_readv => sys('process_vm_readv', $pid, $own, 1, $theirs, 1, 0));
$try->(process_vm_writev => sys('process_vm_writev', $pid, $own, 1, $theirs, 1, 0));
my $handle = sys('pidfd_open', $pid, 0);
$try->(pidfd_getfd => $handle < 0 ? -1 : sys('pidfd_getfd', $handle, 0, 0));
$try->(kcmp => sys('kcmp', $pid, $pid, 0, 0, 0));
$try->(process_madvise => $handle < 0 ? -1 : sys('process_madvise', $handle, $own, 1, 20, 0));
kill 'KILL', $pid;
succeeded('the memory of a process of the host can be opened') if can_open('<', '/proc/' . fact('host_pid') . '/mem');
refused(join ', ', @said);
