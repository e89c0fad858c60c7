using System.Runtime.InteropServices;

namespace Vexa.Runtime.Oci;

/// <summary>
/// Which system calls an agent may make: an allow-list in the manner of Docker's default profile, for a process without any
/// capability. What is not in it fails with EPERM, as if the privilege were missing (it is).
/// </summary>
/// <remarks>
/// Deliberately absent: io_uring (a second way to make calls that no filter sees), io_setup and its kin (one call can use up what the
/// kernel has of it for the whole machine, and no runner needs it: Node.js and .NET have threads of their own for that), keyctl (keys are not in a namespace), bpf,
/// userfaultfd, perf_event_open, ptrace and process_vm_* (a debugger is not worth the surface), mount and its new family, setns,
/// unshare, pivot_root, chroot, name_to_handle_at, kexec, modules, clocks, 32-bit calls.
/// </remarks>
internal static class Seccomp
{
    private const string Allow = "SCMP_ACT_ALLOW";
    private const string Refuse = "SCMP_ACT_ERRNO";
    private const int Eperm = 1;
    private const int Enosys = 38;

    // NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET.
    private const ulong AnyNewNamespace = 0x7E020000;

    // AF_UNIX, AF_INET, AF_INET6, AF_NETLINK: so no AF_ALG, AF_VSOCK, AF_PACKET and none that is yet to be invented.
    private static readonly ulong[] SocketFamilies = [1, 2, 10, 16];

    // Linux, Linux 32-bit emulation, and "what am I?": the values that Docker allows too.
    private static readonly ulong[] Personalities = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff];

    private static readonly string[] Names =
    [
        "accept", "accept4", "access", "alarm", "bind", "brk", "capget", "capset", "chdir", "chmod", "chown", "clock_getres",
        "clock_gettime", "clock_nanosleep", "close", "close_range", "connect", "copy_file_range", "creat", "dup", "dup2", "dup3",
        "epoll_create", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2", "epoll_wait", "eventfd", "eventfd2", "execve",
        "execveat", "exit", "exit_group", "faccessat", "faccessat2", "fadvise64", "fallocate", "fchdir", "fchmod", "fchmodat",
        "fchmodat2", "fchown", "fchownat", "fcntl", "fdatasync", "fgetxattr", "flistxattr", "flock", "fork", "fremovexattr",
        "fsetxattr", "fstat", "fstatfs", "fsync", "ftruncate", "futex", "futex_requeue", "futex_wait", "futex_waitv", "futex_wake",
        "futimesat", "get_robust_list", "getcpu", "getcwd", "getdents", "getdents64", "getegid", "geteuid", "getgid", "getgroups",
        "getitimer", "getpeername", "getpgid", "getpgrp", "getpid", "getppid", "getpriority", "getrandom", "getresgid", "getresuid",
        "getrlimit", "getrusage", "getsid", "getsockname", "getsockopt", "gettid", "gettimeofday", "getuid", "getxattr",
        "inotify_add_watch", "inotify_init", "inotify_init1", "inotify_rm_watch", "ioctl", "ioprio_get", "ioprio_set", "kill",
        "landlock_add_rule",
        "landlock_create_ruleset", "landlock_restrict_self", "lchown", "lgetxattr", "link", "linkat", "listen", "listxattr",
        "llistxattr", "lremovexattr", "lseek", "lsetxattr", "lstat", "madvise", "membarrier", "memfd_create", "mincore", "mkdir",
        "mkdirat", "mknod", "mknodat", "mlock", "mlock2", "mlockall", "mmap", "mprotect", "mq_getsetattr", "mq_notify", "mq_open",
        "mq_timedreceive", "mq_timedsend", "mq_unlink", "mremap", "mseal", "msgctl", "msgget", "msgrcv", "msgsnd", "msync", "munlock",
        "munlockall", "munmap", "nanosleep", "newfstatat", "open", "openat", "openat2", "pause", "pidfd_open", "pidfd_send_signal",
        "pipe", "pipe2", "pkey_alloc", "pkey_free", "pkey_mprotect", "poll", "ppoll", "prctl", "pread64", "preadv", "preadv2",
        "prlimit64", "process_mrelease", "pselect6", "pwrite64", "pwritev", "pwritev2", "read", "readahead", "readlink", "readlinkat",
        "readv", "recvfrom", "recvmmsg", "recvmsg", "remap_file_pages", "removexattr", "rename", "renameat", "renameat2",
        "restart_syscall", "rmdir", "rseq", "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigqueueinfo", "rt_sigreturn",
        "rt_sigsuspend", "rt_sigtimedwait", "rt_tgsigqueueinfo", "sched_get_priority_max", "sched_get_priority_min",
        "sched_getaffinity", "sched_getattr", "sched_getparam", "sched_getscheduler", "sched_rr_get_interval", "sched_setaffinity",
        "sched_setattr", "sched_setparam", "sched_setscheduler", "sched_yield", "seccomp", "select", "semctl", "semget", "semop",
        "semtimedop", "sendfile", "sendmmsg", "sendmsg", "sendto", "set_robust_list", "set_tid_address", "setfsgid", "setfsuid",
        "setgid", "setgroups", "setitimer", "setpgid", "setpriority", "setregid", "setresgid", "setresuid", "setreuid", "setrlimit",
        "setsid", "setsockopt", "setuid", "setxattr", "shmat", "shmctl", "shmdt", "shmget", "shutdown", "sigaltstack", "signalfd",
        "signalfd4", "socketpair", "splice", "stat", "statfs", "statx", "symlink", "symlinkat", "sync", "sync_file_range", "syncfs",
        "sysinfo", "tee", "tgkill", "time", "timer_create", "timer_delete", "timer_getoverrun", "timer_gettime", "timer_settime",
        "timerfd_create", "timerfd_gettime", "timerfd_settime", "times", "tkill", "truncate", "umask", "uname", "unlink", "unlinkat",
        "utime", "utimensat", "utimes", "vfork", "vmsplice", "wait4", "waitid", "write", "writev",
    ];

    // Needed by every x86-64 program to set up its thread-local storage.
    private static readonly string[] X64Names = ["arch_prctl"];

    public static OciSeccomp For(Architecture architecture) => new()
    {
        DefaultAction = Refuse,
        DefaultErrnoRet = Eperm,
        Architectures = [architecture == Architecture.Arm64 ? "SCMP_ARCH_AARCH64" : "SCMP_ARCH_X86_64"],
        Syscalls =
        [
            new(Names, Allow),
            .. architecture == Architecture.X64 ? [new OciSyscalls(X64Names, Allow)] : Array.Empty<OciSyscalls>(),
            .. SocketFamilies.Select(family => new OciSyscalls(["socket"], Allow) { Args = [new(0, family, "SCMP_CMP_EQ")] }),
            .. Personalities.Select(persona => new OciSyscalls(["personality"], Allow) { Args = [new(0, persona, "SCMP_CMP_EQ")] }),
            new(["clone"], Allow) { Args = [new(0, AnyNewNamespace, "SCMP_CMP_MASKED_EQ") { ValueTwo = 0 }] },
            // Its flags lie in memory, where no filter can look: "not there" makes the C library use clone.
            new(["clone3"], Refuse) { ErrnoRet = Enosys },
        ],
    };
}
