using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using Vexa.Runtime.Images;
using Vexa.Runtime.Oci;
using Vexa.Runtime.Workloads;

namespace Vexa.Tests.Runtime;

public sealed class OciSpecTests
{
    private static readonly OciHost Host = new(Architecture.X64, "vexa", CountsSwap: true);

    private static readonly WorkloadPlan Plan = new()
    {
        Spec = new WorkloadSpec
        {
            Id = Id.Parse<DispatchId>("d-1"),
            Image = "agent",
            Argv = ["/opt/vexa/vexa-worker"],
            Env = new Dictionary<string, string> { ["VEXA_ORDER"] = "{}" },
            Limits = new WorkloadLimits { Cpu = 1.5 },
        },
        Isolation = Isolation.Runc,
        Image = new ImageLayers("agent", "sha256:00", "/images/base", "/images/runners", "/images/worker"),
        DoorFolder = "/run/vexa/door/d-1",
        TokenFolder = "/run/vexa/scratch/d-1/token",
        Mounts =
        [
            new PlannedMount("/workspaces/notes", "/run/vexa/scratch/d-1/merged/notes", Writable: true),
            new PlannedMount("/workspaces/wiki", "/run/vexa/snapshots/wiki/c2", Writable: false),
        ],
    };

    /// <summary>Every change of a container's walls shows here, as a change of one document.</summary>
    [Fact]
    public void The_whole_config_is_the_golden_one()
    {
        var actual = JsonSerializer.Serialize(OciSpec.Build(Plan, Host), OciJson.Default.OciConfig) + "\n";
        var golden = Path.Combine(Here(), "golden", "oci-config.json");
        if (Environment.GetEnvironmentVariable("VEXA_UPDATE_GOLDEN") == "1")
            File.WriteAllText(golden, actual);

        Assert.Equal(File.ReadAllText(golden), actual);
    }

    [Fact]
    public void Where_the_kernel_does_not_count_swap_no_limit_on_it_is_set()
    {
        Assert.Null(OciSpec.Build(Plan, Host with { CountsSwap = false }).Linux.Resources.Memory.Swap);
    }

    [Fact]
    public void The_filter_is_for_the_one_architecture_of_the_machine()
    {
        Assert.Equal(["SCMP_ARCH_AARCH64"], Seccomp.For(Architecture.Arm64).Architectures);
        Assert.DoesNotContain(Seccomp.For(Architecture.Arm64).Syscalls, s => s.Names.Contains("arch_prctl"));
    }

    [Fact]
    public void No_call_that_leads_out_is_allowed_without_a_condition()
    {
        string[] dangerous =
        [
            "unshare", "setns", "clone", "clone3", "mount", "umount2", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount", "mount_setattr", "pivot_root",
            "chroot", "bpf", "keyctl", "add_key", "request_key", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register", "perf_event_open",
            "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp", "kexec_load", "kexec_file_load", "init_module", "finit_module",
            "delete_module", "open_by_handle_at", "name_to_handle_at", "socket", "personality", "reboot", "swapon", "settimeofday", "clock_settime", "quotactl", "acct",
            "iopl", "ioperm", "syslog", "vhangup", "nfsservctl", "lookup_dcookie", "mbind", "set_mempolicy", "move_pages",
            "io_setup", "io_submit", "io_getevents", "io_pgetevents", "io_cancel", "io_destroy",
        ];
        var free = Seccomp.For(Architecture.X64).Syscalls.Where(s => s is { Action: "SCMP_ACT_ALLOW", Args: null }).SelectMany(s => s.Names);
        Assert.Empty(free.Intersect(dangerous));
    }

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
