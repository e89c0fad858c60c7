using System.Globalization;
using Vexa.Runtime.Native;
using Vexa.Runtime.Oci;

namespace Vexa.IntegrationTests.Runtime;

/// <summary>Who collects which child of this process.</summary>
public sealed class OrphanReaperTests
{
    private static readonly OrphanReaper Reaper = OrphanReaper.OfThisProcess;

    public OrphanReaperTests() => Libc.BecomeSubreaper();

    [Fact]
    public async Task An_orphan_that_ended_is_collected_without_being_asked_twice()
    {
        var orphan = await Orphan();
        Reaper.Reap();
        await TestNode.Until(() => !Exists(orphan));
    }

    [Fact]
    public async Task What_may_be_a_container_that_starts_just_now_is_left_to_whoever_starts_it()
    {
        int orphan;
        using (Reaper.Starting())
        {
            orphan = await Orphan();
            Reaper.Reap();
            // The reaper comes again after a moment: one that began to be seen later is collected then, and this one is not.
            Reaper.Keep(orphan);
        }

        var later = await Orphan();
        Reaper.Reap();
        await TestNode.Until(() => !Exists(later));
        Assert.True(Exists(orphan));

        Reaper.Forget(orphan);
        Reaper.Reap();
        await TestNode.Until(() => !Exists(orphan));
    }

    [Fact]
    public async Task A_command_keeps_its_exit_code()
    {
        var codes = await Task.WhenAll(Enumerable.Range(1, 20).Select(async code =>
        {
            var result = await new Command("/bin/sh", ["-c", $"exit {code}"]).Run(TestNode.Ct);
            Reaper.Reap();
            return result.ExitCode;
        }));
        Assert.Equal(Enumerable.Range(1, 20), codes);
    }

    // A grandchild whose parent has ended, and which then ends too.
    private static async Task<int> Orphan()
    {
        var told = await new Command("/bin/sh", ["-c", "(exec >/dev/null 2>&1; exec sleep 0.1) & echo $!"]).RunOrThrow(TestNode.Ct);
        var pid = int.Parse(told, CultureInfo.InvariantCulture);
        await TestNode.Until(() => File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal));
        return pid;
    }

    private static bool Exists(int pid) => Directory.Exists($"/proc/{pid}");
}
