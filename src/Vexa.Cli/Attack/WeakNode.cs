using System.Globalization;
using Vexa.Runtime.Native;

namespace Vexa.Cli.Attack;

/// <summary>What weak containers need of the host, for as long as there are any.</summary>
internal sealed class WeakNode : IAsyncDisposable
{
    private readonly string _folder;
    private readonly HostProgram _network;

    private WeakNode(string folder, HostProgram network, WeakContainer containers) => (_folder, _network, Containers) = (folder, network, containers);

    public WeakContainer Containers { get; }

    /// <param name="facts">As weak containers are told them.</param>
    public static async Task<WeakNode> Start(AttackStack stack, Canaries canaries, Victim victim, string images, string facts, CancellationToken ct)
    {
        var network = await HostProgram.Start(
            ["unshare", "--net", "perl", Path.Combine(AttackFolder.Path, "host", "network.pl"), canaries.Facts["host_loopback_port"], canaries.Facts["host_abstract_socket"]],
            new Dictionary<string, string>(), [], "ready", ct);
        var scripts = Path.Combine(stack.Scratch, "attacks");
        foreach (var (path, text) in AttackFolder.Files(AttackFolder.Path).Append(new(AttackFolder.Facts, facts)))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(scripts, path))!);
            await File.WriteAllTextAsync(Path.Combine(scripts, path), text, ct);
        }

        var folder = stack.RunFolder + "-weak";
        Directory.CreateDirectory(folder, (UnixFileMode)0x1C9); // 0711
        var containers = new WeakContainer(folder, images, scripts, new WeakGround
        {
            Network = string.Create(CultureInfo.InvariantCulture, $"/proc/{network.Pid}/ns/net"),
            EngineSocket = canaries.EngineSocket,
            ForeignDoor = VictimFacts.DoorFolder(victim, stack.RunFolder),
            ForeignWorkspace = VictimFacts.WorkspaceFolder(victim, stack.RunFolder),
            HostFolder = canaries.HostFolder,
        });
        return new WeakNode(folder, network, containers);
    }

    public async ValueTask DisposeAsync()
    {
        await _network.DisposeAsync();
        MountTable.UnmountAll(_folder);
        Directory.Delete(_folder, recursive: true);
        WeakContainer.RemoveCgroups();
    }
}
