using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Vexa.Contracts;
using Vexa.Runtime.Native;
using Vexa.Runtime.Workloads;

namespace Vexa.Cli.Attack;

/// <summary>Puts a canary into every place that must be out of reach, and takes what lies outside of the stack's own folders away again.</summary>
internal sealed class Canaries : IAsyncDisposable
{
    private readonly List<Canary> _all = [];
    private readonly List<string> _files = [];
    // Nothing but the container keeps the agent away from these. The others lie below folders that are root's alone: whoever gets to them
    // has got out, and become root too.
    private string[] _open = [];
    private HostProgram? _decoy;

    /// <summary>Handed to the stack as its provider's key, before it starts.</summary>
    public Canary ProviderKey { get; }

    /// <summary>In the victim's workspace, environment and prompt.</summary>
    public Canary VictimWorkspace { get; }

    public Canary VictimEnvironment { get; }

    public Canaries()
    {
        ProviderKey = Add("the provider's key");
        VictimWorkspace = Add("the victim's workspace");
        VictimEnvironment = Add("the environment of the victim's process");
    }

    public IReadOnlyList<Canary> All => _all;

    /// <summary>Where a container engine would listen.</summary>
    public string EngineSocket { get; private set; } = "";

    /// <summary>A folder of the host with a canary in it.</summary>
    public string HostFolder { get; private set; } = "";

    /// <summary>What the attacker is assumed to know of the host: where things are, never what is in them.</summary>
    public IReadOnlyDictionary<string, string> Facts { get; private set; } = new Dictionary<string, string>();

    public async Task Plant(AttackStack stack, CancellationToken ct)
    {
        var options = stack.Options;
        HostFolder = Directory.CreateDirectory(Path.Combine(stack.Scratch, "host")).FullName;
        EngineSocket = Path.Combine(HostFolder, "engine.sock");
        var tag = Path.GetFileName(stack.RunFolder);
        // First: attacks that take one file take one of these.
        _open =
        [
            Write("a file in /etc", $"/etc/vexa-attack-{tag}-secret"),
            Write("a file in /usr/local/share", $"/usr/local/share/vexa-attack-{tag}-secret"),
            Write("a file in /var/tmp of the host", $"/var/tmp/vexa-attack-{tag}-secret"),
            Write("a file in /tmp of the host", $"/tmp/vexa-attack-{tag}-secret"),
            Write("a file in /dev/shm of the host", $"/dev/shm/vexa-attack-{tag}-secret"),
            Write("the runtime folder", Path.Combine(options.RunFolder, "secret")),
        ];
        string[] closed =
        [
            Write("a file in a folder of the host", Path.Combine(HostFolder, "secret")),
            Write("a file in /root", $"/root/.vexa-attack-{tag}"),
            Write("the data folder", Path.Combine(options.DataFolder, "secret")),
            Write("the keys folder", Path.Combine(options.KeysFolder, "secret")),
            Write("the bucket", Path.Combine(options.DataFolder, "bucket", "secret")),
        ];
        _all.Add(new Canary("the signing key", File.ReadAllLines(Path.Combine(options.KeysFolder, "signing.pem"))[1]));
        await SetInRedis(options.RedisSocket, Add("Redis"), ct);
        _decoy = await HostProgram.Start(
            ["perl", Path.Combine(AttackFolder.Path, "host", "decoy.pl")],
            new Dictionary<string, string> { ["VEXA_DECOY_SECRET"] = Add("the environment of a process of the host").Secret },
            [
                $"tcp={Add("a TCP port of the host's loopback").Secret}", $"abstract={Add("an abstract socket of the host").Secret}",
                $"shm={Add("System V shared memory of the host").Secret}", $"mq={Add("a message queue of the host").Secret}",
                $"engine={Add("a container engine").Secret}", $"engine_socket={EngineSocket}", "",
            ],
            lastLine: "", ct);
        Facts = new Dictionary<string, string>(_decoy.Told)
        {
            ["host_pid"] = _decoy.Pid.ToString(CultureInfo.InvariantCulture),
            ["host_files"] = string.Join(' ', _open.Concat(closed)),
            ["data_folder"] = options.DataFolder,
            ["run_folder"] = options.RunFolder,
            ["redis_socket"] = options.RedisSocket,
            ["api_socket"] = options.ApiSocket,
            ["api_port"] = options.Listen.Port.ToString(CultureInfo.InvariantCulture),
        };
    }

    /// <summary>Whether the agent's user, were he out of his container, could read those that only the container keeps from him.</summary>
    public async Task<NodeCheck> CheckThatTheContainerIsTheWall(CancellationToken ct)
    {
        string[] readAsAgent = [$"--reuid={AgentUser.Uid}", $"--regid={AgentUser.Gid}", "--clear-groups", "cat", "--", .. _open];
        return await new Command("setpriv", readAsAgent).Run(ct) is { ExitCode: 0 }
            ? new NodeCheck("canaries lie where nothing but the container hides them", Ok: true, "yes")
            : new NodeCheck("canaries lie where nothing but the container hides them", Ok: false, $"the agent's user cannot read all of {string.Join(", ", _open)}");
    }

    public async ValueTask DisposeAsync()
    {
        if (_decoy is not null)
            await _decoy.DisposeAsync();
        // Those in the stack's own folders have gone with it.
        foreach (var file in _files.Where(File.Exists))
            File.Delete(file);
    }

    private Canary Add(string place)
    {
        var canary = Canary.Fresh(place);
        _all.Add(canary);
        return canary;
    }

    // Readable by everybody, as far as the file's mode goes.
    private string Write(string place, string path)
    {
        _files.Add(path);
        File.WriteAllText(path, Add(place).Secret + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite);
        return path;
    }

    private static async Task SetInRedis(string path, Canary canary, CancellationToken ct)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), ct);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"SET vexa-attack-secret {canary.Secret}\r\n"), ct);
        var answer = new byte[64];
        var got = await socket.ReceiveAsync(answer, ct);
        if (Encoding.ASCII.GetString(answer, 0, got) != "+OK\r\n")
            throw new VexaException(Stage.Request, Party.Operator, "attack-redis", "Redis took no canary.", "Look into the log: vexa logs redis");
    }
}
