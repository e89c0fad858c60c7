# What attacks have in common. Perl of Debian's perl-base only: the agent image promises no more.
package Attack;
use strict;
use warnings;
use Exporter 'import';
use Errno qw(ENOSYS);
use POSIX ();

our @EXPORT = qw(
    succeeded refused inconclusive control fact facts now pause child
    sys sys_number errno_name is_arm64 slurp can_open
);

# Attacks are for containers: on a host they would do harm. Only there does this file have this path.
die "attacks run in containers only: ./vexa attack\n" unless __FILE__ eq '/workspaces/attack/lib/Attack.pm';

# ---- how an attack ends --------------------------------------------------------------------------------------------------------

my $ended = 0;
my $owner = $$;

# The attacker got what he must not have.
sub succeeded { finish(0, @_) }

# He was refused.
sub refused { finish(1, @_) }

# Neither can be said: counts as a failure of the suite.
sub inconclusive { finish(2, @_) }

sub finish {
    my ($exit, $text) = @_;
    $text =~ s/[^\x20-\x7e]/ /g;
    $| = 1;
    print "$text\n";
    POSIX::_exit($exit) if $$ != $owner;
    $ended = 1;
    exit $exit;
}

# A script that dies would exit with errno, which may be 1: that must never look like "refused".
END { $? = 3 if $$ == $owner && !$ended }

# True where the script is run as its own honest control.
sub control { @ARGV && $ARGV[0] eq 'control' }

# ---- what the attacker knows ---------------------------------------------------------------------------------------------------

my %facts;

sub facts {
    return \%facts if %facts;
    my $path = $ENV{ATTACK_FACTS} || '/workspaces/attack/facts';
    open(my $file, '<', $path) or inconclusive("there are no facts at $path: $!");
    # Not by $_, which may be the caller's.
    while (defined(my $line = <$file>)) { chomp $line; my ($key, $value) = split /=/, $line, 2; $facts{$key} = $value if defined $value }
    return \%facts;
}

sub fact {
    my ($key) = @_;
    my $value = facts()->{$key};
    inconclusive("the harness gave no fact '$key'") unless defined $value;
    return $value;
}

# ---- system calls --------------------------------------------------------------------------------------------------------------

# name => [x86-64, arm64]; undef where the architecture has no such call.
my %numbers = (
    accept4 => [288, 242], acct => [163, 89], add_key => [248, 217], adjtimex => [159, 171], arch_prctl => [158, undef], bpf => [321, 280],
    capset => [126, 91], chroot => [161, 51], clock_adjtime => [305, 266], clock_gettime => [228, 113], clock_settime => [227, 112],
    clone => [56, 220], clone3 => [435, 435], copy_file_range => [326, 285], delete_module => [176, 106], epoll_create1 => [291, 20],
    eventfd2 => [290, 19], execveat => [322, 281], fallocate => [285, 47], fanotify_init => [300, 262], finit_module => [313, 273],
    fsconfig => [431, 431], fsmount => [432, 432], fsopen => [430, 430], fspick => [433, 433], ftruncate => [77, 46], init_module => [175, 105],
    io_destroy => [207, 1], io_setup => [206, 0], io_uring_setup => [425, 425], ioctl => [16, 29],
    ioperm => [173, undef], iopl => [172, undef], ioprio_set => [251, 30], kcmp => [312, 272],
    kexec_file_load => [320, 294], kexec_load => [246, 104], keyctl => [250, 219], kill => [62, 129], linkat => [265, 37],
    lookup_dcookie => [212, 18], lsetxattr => [189, 6], madvise => [28, 233], mbind => [237, 235], memfd_create => [319, 279],
    memfd_secret => [447, 447], migrate_pages => [256, 238], mknodat => [259, 33], mlock => [149, 228], mlockall => [151, 230],
    mmap => [9, 222], modify_ldt => [154, undef], mount => [165, 40], mount_setattr => [442, 442], move_mount => [429, 429],
    move_pages => [279, 239], mq_open => [240, 180], mq_timedreceive => [243, 183], mq_unlink => [241, 181], msgget => [68, 186],
    munmap => [11, 215], name_to_handle_at => [303, 264], open_by_handle_at => [304, 265], open_tree => [428, 428], openat => [257, 56],
    openat2 => [437, 437], perf_event_open => [298, 241], personality => [135, 92], pidfd_getfd => [438, 438], pidfd_open => [434, 434],
    pidfd_send_signal => [424, 424], pivot_root => [155, 41], prctl => [157, 167], prlimit64 => [302, 261], process_madvise => [440, 440],
    process_vm_readv => [310, 270], process_vm_writev => [311, 271], ptrace => [101, 117], quotactl => [179, 60], quotactl_fd => [443, 443],
    reboot => [169, 142], remap_file_pages => [216, 234], renameat2 => [316, 276], request_key => [249, 218], sched_setscheduler => [144, 119],
    seccomp => [317, 277], semget => [64, 190], set_mempolicy => [238, 237], setdomainname => [171, 162], setgid => [106, 144],
    setgroups => [116, 159], sethostname => [170, 161], setns => [308, 268], setpriority => [141, 140], setregid => [114, 143],
    setresgid => [119, 149], setresuid => [117, 147], setreuid => [113, 145], settimeofday => [164, 170], setuid => [105, 146],
    setxattr => [188, 5], shmat => [30, 196], shmctl => [31, 195], shmdt => [67, 197], shmget => [29, 194], socket => [41, 198],
    splice => [275, 76], swapoff => [168, 225], swapon => [167, 224], syslog => [103, 116], tee => [276, 77], timer_create => [222, 107],
    timer_delete => [226, 111], umount2 => [166, 39], unshare => [272, 97], userfaultfd => [323, 282], utimensat => [280, 88],
    vhangup => [153, 58], vmsplice => [278, 75],
);

my $machine = (POSIX::uname())[4];

sub is_arm64 { $machine eq 'aarch64' }

sub sys_number {
    my ($name) = @_;
    my $both = $numbers{$name} or inconclusive("lib/Attack.pm has no number for the system call $name");
    return $both->[is_arm64() ? 1 : 0];
}

# A system call: its result, or -1 with $! set (ENOSYS where this machine's architecture has none). Strings are passed as pointers.
sub sys {
    my $number = sys_number(shift);
    unless (defined $number) { $! = ENOSYS; return -1 }
    # The arguments stay the caller's own variables, because the kernel writes into them; but for literals, which Perl would not lend it.
    my @at = map { Internals::SvREADONLY($_) ? \(my $copy = $_) : \$_ } @_;
    return syscall($number) if @at == 0;
    return syscall($number, ${ $at[0] }) if @at == 1;
    return syscall($number, ${ $at[0] }, ${ $at[1] }) if @at == 2;
    return syscall($number, ${ $at[0] }, ${ $at[1] }, ${ $at[2] }) if @at == 3;
    return syscall($number, ${ $at[0] }, ${ $at[1] }, ${ $at[2] }, ${ $at[3] }) if @at == 4;
    return syscall($number, ${ $at[0] }, ${ $at[1] }, ${ $at[2] }, ${ $at[3] }, ${ $at[4] }) if @at == 5;
    return syscall($number, ${ $at[0] }, ${ $at[1] }, ${ $at[2] }, ${ $at[3] }, ${ $at[4] }, ${ $at[5] });
}

# 'EPERM' for what $! holds now.
sub errno_name {
    # Two numbers have two names.
    for my $name ('EAGAIN', 'EOPNOTSUPP', sort keys %!) { return $name if $!{$name} }
    return $! + 0;
}

# ---- small tools ---------------------------------------------------------------------------------------------------------------

# Seconds since some point, with decimals.
sub now {
    my $buffer = pack('q2', 0, 0);
    syscall(sys_number('clock_gettime'), 1, $buffer) == 0 or inconclusive("clock_gettime: $!");
    my ($seconds, $nanoseconds) = unpack('q2', $buffer);
    return $seconds + $nanoseconds / 1e9;
}

sub pause { select(undef, undef, undef, $_[0]) }

# Runs code in a process of its own and returns its exit code (what the code returns), or -<signal>; undef where none could be made.
sub child {
    my ($code) = @_;
    defined(my $pid = fork) or return undef;
    if ($pid == 0) {
        my $exit = eval { $code->() };
        POSIX::_exit(defined $exit ? $exit : 99);
    }
    waitpid($pid, 0);
    return $? & 127 ? -($? & 127) : $? >> 8;
}

# The first bytes of a file; undef where it cannot be read.
sub slurp {
    my ($path, $most) = @_;
    open(my $file, '<', $path) or return undef;
    binmode $file;
    my $got = sysread($file, my $text, $most || 1048576);
    return defined $got ? $text : undef;
}

# True where a file can be opened so ('<' or '+<' or '>>'); nothing is read or written.
sub can_open {
    my ($mode, $path) = @_;
    return open(my $file, $mode, $path) ? 1 : 0;
}

1;
