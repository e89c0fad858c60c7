using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Vexa.Contracts;
using Vexa.Runtime.Images;
using Vexa.Runtime.Native;
using Vexa.Runtime.Oci;
using Vexa.Runtime.Workloads;

namespace Vexa.Cli.Attack;

/// <summary>
/// Runs attacks in a container that is weaker than any that the product starts: the configuration of <c>OciSpec</c>, weakened, over a
/// throw-away copy of the agent image. With the small limits that it is told to have, it costs little to exceed them.
/// </summary>
/// <param name="folder">On tmpfs; the harness's own.</param>
/// <param name="scripts">The folder <c>attacks/</c> with the facts, as a workspace holds it.</param>
internal sealed class WeakContainer(string folder, string images, string scripts, WeakGround ground)
{
    private const string CgroupParent = "vexa-attack";
    private const int MostOutput = 16 * 1024 * 1024;

    /// <summary>What weak containers are told to have.</summary>
    public static WorkloadLimits Limits { get; } = new() { Cpu = 2, MemoryMb = 128, Pids = 64, TmpfsMb = 16 };

    /// <summary>The share of the processors that they are told to have: so small that it is exceeded on a busy machine too.</summary>
    public const double Cpu = 0.05;

    /// <summary>Files that they are told to be allowed to open.</summary>
    public const long Descriptors = 256;

    private string State => Path.Combine(folder, "runc");

    /// <summary>Runs them, one after another, in one container, and returns what it printed.</summary>
    public async Task<Printed> Run(IReadOnlyList<AttackScript> attacks, IReadOnlyList<string> weaknesses, CancellationToken ct)
    {
        var id = Id.Parse<DispatchId>($"weak-{Guid.NewGuid().ToString("n")[..8]}");
        var name = WorkloadSpec.ContainerNameOf(id);
        var own = Path.Combine(folder, name);
        try
        {
            var bundle = Prepare(own, id, attacks, weaknesses);
            return await Start(bundle, name, weaknesses, TimeSpan.FromSeconds(30 + attacks.Sum(attack => attack.Seconds)), ct);
        }
        finally
        {
            await new Command("runc", ["--root", State, "delete", "--force", name]).Run(CancellationToken.None);
            new Cgroup(CgroupParent, name).Remove();
            MountTable.UnmountAll(own);
            Directory.Delete(own, recursive: true);
        }
    }

    /// <summary>To be called once, after the last of them.</summary>
    public static void RemoveCgroups() => Cgroup.RemoveParent(CgroupParent);

    private string Prepare(string own, DispatchId id, IReadOnlyList<AttackScript> attacks, IReadOnlyList<string> weaknesses)
    {
        string Folder(string name) => Directory.CreateDirectory(Path.Combine(own, name)).FullName;
        Directory.CreateDirectory(own);
        Libc.Mount("vexa-attack", own, "tmpfs", MountFlags.None, "mode=711,size=128m");
        var layers = new ImageStore(images).Open("agent");
        Libc.Mount("vexa-attack", Folder("root"), "overlay", MountFlags.None, $"lowerdir={layers.Base},upperdir={Folder("upper")},workdir={Folder("work")}");
        Libc.Mount("vexa-attack", Folder("loot"), "tmpfs", MountFlags.NoSuid | MountFlags.NoDev, $"mode=755,uid={AgentUser.Uid},gid={AgentUser.Gid},{(weaknesses.Contains("no-limits") ? "size=256m" : $"size={Limits.TmpfsMb}m,nr_inodes={Walls.InodesOf(Limits.TmpfsMb)}")}");
        // Nobody listens at this door, and the token is empty: whatever needs its own has an honest control.
        Folder("door/token");
        if (weaknesses.Contains(Weaknesses.SetuidFile))
        {
            File.Copy(Path.Combine(layers.Base, "bin", "dash"), Path.Combine(own, "door", "sh"));
            File.SetUnixFileMode(Path.Combine(own, "door", "sh"), (UnixFileMode)0x9ED); // 04755
        }

        File.WriteAllText(Path.Combine(Folder("token"), "token"), "");
        // A copy each: where the snapshot is weak, attacks write to it.
        var workspace = Folder("attack");
        foreach (var file in Directory.EnumerateFiles(scripts, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(workspace, Path.GetRelativePath(scripts, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        foreach (var made in Directory.EnumerateFileSystemEntries(workspace, "*", SearchOption.AllDirectories).Append(workspace).Append(Path.Combine(own, "door")))
            Libc.ChangeOwner(made, AgentUser.Uid, AgentUser.Gid);
        var plan = new WorkloadPlan
        {
            Spec = new WorkloadSpec { Id = id, Image = "agent", Argv = ["perl", "/workspaces/attack/run.pl", .. attacks.Select(attack => attack.Id)], Limits = Limits },
            Isolation = Isolation.Runc,
            Image = layers with { Base = Path.Combine(own, "root") },
            DoorFolder = Path.Combine(own, "door"),
            TokenFolder = Path.Combine(own, "token"),
            Mounts = [new PlannedMount("/workspaces/attack", workspace, Writable: false), new PlannedMount("/workspaces/loot", Path.Combine(own, "loot"), Writable: true)],
        };
        var config = JsonSerializer.SerializeToNode(OciSpec.Build(plan, new OciHost(RuntimeInformation.ProcessArchitecture, CgroupParent, Cgroup.CountsSwap)), OciJson.Default.OciConfig)!;
        config["process"]!["cwd"] = "/workspaces/loot";
        Weaknesses.Apply(weaknesses, config, ground);
        var bundle = Folder("bundle");
        File.WriteAllText(Path.Combine(bundle, "config.json"), config.ToJsonString());
        return bundle;
    }

    private async Task<Printed> Start(string bundle, string name, IReadOnlyList<string> weaknesses, TimeSpan longest, CancellationToken ct)
    {
        var leak = weaknesses.Contains(Weaknesses.LeakedDescriptor);
        string[] run = ["runc", "--root", State, "run", .. leak ? ["--preserve-fds", "1"] : Array.Empty<string>(), "--bundle", bundle, name];
        var start = new ProcessStartInfo("/bin/sh", ["-c", leak ? "exec 3<\"$0\"; exec \"$@\" 2>&1" : "exec \"$@\" 2>&1", ground.HostFolder, .. run])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = "/",
        };
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(ct);
        bound.CancelAfter(longest);
        try
        {
            var printed = await ReadSome(process.StandardOutput.BaseStream, bound.Token);
            await process.WaitForExitAsync(bound.Token);
            return printed;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // Its attacks are then without an end, which the suite reports. The container goes with its deletion.
            return new Printed("", 0);
        }
    }

    private static async Task<Printed> ReadSome(Stream stream, CancellationToken ct)
    {
        using var kept = new MemoryStream();
        var buffer = new byte[64 * 1024];
        long bytes = 0;
        for (int got; (got = await stream.ReadAsync(buffer, ct)) > 0; bytes += got)
            if (kept.Length < MostOutput)
                kept.Write(buffer, 0, got);
        return new Printed(Encoding.UTF8.GetString(kept.GetBuffer(), 0, (int)kept.Length), bytes);
    }
}

/// <summary>What a container printed.</summary>
/// <param name="Text">The beginning of it.</param>
/// <param name="Bytes">How much it was.</param>
internal sealed record Printed(string Text, long Bytes);
