using System.Text.Json.Nodes;

namespace Vexa.Cli.Attack;

/// <summary>A way in which a container could have been walled off worse than it is.</summary>
/// <param name="Apply">Changes the <c>config.json</c> that <c>OciSpec</c> made.</param>
internal sealed record Weakness(string Name, string Meaning, Action<JsonNode, WeakGround> Apply);

/// <summary>What weak containers are given: it lies ready on the host, and is the harness's own.</summary>
internal sealed record WeakGround
{
    /// <summary>The path of a network namespace in which somebody listens at every address; it leads nowhere else.</summary>
    public required string Network { get; init; }

    /// <summary>A socket that answers as a container engine does.</summary>
    public required string EngineSocket { get; init; }

    /// <summary>The door folder of the victim.</summary>
    public required string ForeignDoor { get; init; }

    /// <summary>A workspace of the victim, as it lies on the host.</summary>
    public required string ForeignWorkspace { get; init; }

    /// <summary>A folder of the host with a canary in it.</summary>
    public required string HostFolder { get; init; }
}

/// <summary>
/// The negative controls: with them an attack has to succeed, so it is known to bite. They exist here and nowhere else: the product has no
/// setting that weakens a container.
/// </summary>
internal static class Weaknesses
{
    private const long MiB = 1024 * 1024;
    private const int Pids = 2000;

    public static IReadOnlyList<Weakness> All { get; } =
    [
        new("root-user", "uid 0", static (c, _) => (c["process"]!["user"]!["uid"], c["process"]!["user"]!["gid"]) = (0, 0)),
        new("capabilities", "every capability that the host itself has", static (c, _) => c["process"]!["capabilities"] = Capabilities()),
        new("seccomp", "no filter of system calls", static (c, _) => c["linux"]!.AsObject().Remove("seccomp")),
        new("new-privileges", "no_new_privs is not set", static (c, _) => c["process"]!["noNewPrivileges"] = false),
        new(SetuidFile, "a setuid-root shell in the folder of the door", static (c, _) =>
            Remount(c, "/run/vexa", static option => option is "nosuid" or "noexec" ? null : option)),
        new("writable-root", "the root file system (a throw-away copy of it) can be written", static (c, _) => c["root"]!["readonly"] = false),
        new("writable-proc", "nothing of /proc is masked or read-only", static (c, _) => Unmask(c, "/proc")),
        new("writable-sys", "nothing of /sys is masked or read-only", static (c, _) =>
        {
            Unmask(c, "/sys");
            Remount(c, "/sys", static option => option == "ro" ? "rw" : option);
        }),
        new("cgroupfs", "the control groups can be seen and written", static (c, _) =>
        {
            Unmask(c, "/sys");
            Mount(c, "/sys/fs/cgroup", "cgroup", "cgroup", "rw", "nosuid", "noexec", "nodev");
        }),
        new("host-cgroups", "no control-group namespace", static (c, _) => Share(c, "cgroup")),
        new("devices", "every device of the host may be made and opened", static (c, _) =>
            c["linux"]!["resources"]!["devices"] = new JsonArray(new JsonObject { ["allow"] = true, ["access"] = "rwm" })),
        new("extra-devices", "the kernel's log as a device", static (c, _) =>
        {
            c["linux"]!["devices"] = new JsonArray(new JsonObject { ["path"] = "/dev/kmsg", ["type"] = "c", ["major"] = 1, ["minor"] = 11, ["fileMode"] = 0x1B6 });
            c["linux"]!["resources"]!["devices"]!.AsArray().Add(new JsonObject { ["allow"] = true, ["type"] = "c", ["major"] = 1, ["minor"] = 11, ["access"] = "rwm" });
        }),
        new("host-pid", "the processes of the host", static (c, _) => Share(c, "pid")),
        new("host-ipc", "System V and POSIX IPC of the host", static (c, _) => Share(c, "ipc")),
        new("other-network", "a network with somebody at every address, which leads nowhere", static (c, g) => Space(c, "network")["path"] = g.Network),
        new("no-limits", "limits far beyond those that the container is told to have", static (c, _) => Unlimit(c)),
        new("foreign-door", "another dispatch's door, at its path on the host", static (c, g) => Bind(c, g.ForeignDoor, g.ForeignDoor, "ro")),
        new("foreign-workspace", "another dispatch's workspace, at /workspaces/foreign", static (c, g) => Bind(c, g.ForeignWorkspace, "/workspaces/foreign", "ro")),
        new("docker-socket", "the socket of a container engine, at its usual path", static (c, g) => Bind(c, g.EngineSocket, "/var/run/docker.sock", "rw")),
        new(LeakedDescriptor, "an open descriptor of a folder of the host", static (_, _) => { }),
        new("host-folder", "a folder of the host, at its own path", static (c, g) => Bind(c, g.HostFolder, g.HostFolder, "rw")),
        new("writable-snapshot", "the snapshot of a read-only workspace can be written", static (c, _) => Remount(c, "/workspaces/attack", static option => option == "ro" ? "rw" : option)),
    ];

    /// <summary>The file itself is made with the container.</summary>
    public const string SetuidFile = "suid-file";

    /// <summary>The one weakness that no configuration has: the descriptor is left open when the container is started.</summary>
    public const string LeakedDescriptor = "leaked-descriptor";

    public static IReadOnlyList<string> Names { get; } = [.. All.Select(weakness => weakness.Name)];

    public static void Apply(IEnumerable<string> names, JsonNode config, WeakGround ground)
    {
        foreach (var name in names)
            All.Single(weakness => weakness.Name == name).Apply(config, ground);
    }

    private static JsonObject Capabilities()
    {
        var sets = new JsonObject();
        foreach (var set in (string[])["bounding", "effective", "inheritable", "permitted", "ambient"])
            sets[set] = new JsonArray([.. HostCapabilities.All.Select(name => JsonValue.Create(name))]);
        return sets;
    }

    private static JsonNode Space(JsonNode config, string type) => config["linux"]!["namespaces"]!.AsArray().Single(space => (string?)space!["type"] == type)!;

    private static void Share(JsonNode config, string type) => config["linux"]!["namespaces"]!.AsArray().Remove(Space(config, type));

    private static void Mount(JsonNode config, string target, string type, string source, params IEnumerable<string> options) => config["mounts"]!.AsArray().Add(new JsonObject
    {
        ["destination"] = target,
        ["type"] = type,
        ["source"] = source,
        ["options"] = new JsonArray([.. options.Select(option => JsonValue.Create(option))]),
    });

    private static void Bind(JsonNode config, string source, string target, string mode) => Mount(config, target, "bind", source, "bind", mode, "private");

    private static void Unmask(JsonNode config, string below)
    {
        foreach (var list in (string[])["maskedPaths", "readonlyPaths"])
            config["linux"]![list] = new JsonArray([.. config["linux"]![list]!.AsArray().Where(path => !((string)path!).StartsWith(below, StringComparison.Ordinal)).Select(path => path!.DeepClone())]);
    }

    private static void Remount(JsonNode config, string target, Func<string, string?> change)
    {
        var mount = config["mounts"]!.AsArray().Single(mount => (string?)mount!["destination"] == target)!;
        mount["options"] = new JsonArray([.. mount["options"]!.AsArray().Select(option => change((string)option!)).OfType<string>().Select(option => JsonValue.Create(option))]);
    }

    // Bounded all the same: the node has to survive its own test.
    private static void Unlimit(JsonNode config)
    {
        config["process"]!["rlimits"] = new JsonArray();
        var resources = config["linux"]!["resources"]!;
        Remount(config, "/dev/pts", static option => option.StartsWith("max=", StringComparison.Ordinal) ? null : option);
        resources["memory"]!.AsObject().Remove("swap");
        resources["memory"]!["limit"] = 512 * MiB;
        resources["pids"]!["limit"] = Pids;
        resources["cpu"]!["quota"] = (long)resources["cpu"]!["period"]! * Environment.ProcessorCount;
        foreach (var mount in config["mounts"]!.AsArray().Where(mount => (string?)mount!["type"] == "tmpfs"))
            Remount(config, (string)mount!["destination"]!, static option => option.StartsWith("size=", StringComparison.Ordinal) ? "size=256m" : option.StartsWith("nr_inodes=", StringComparison.Ordinal) ? null : option);
    }
}
