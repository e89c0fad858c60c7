using System.Globalization;
using Vexa.Cli.Commands;
using Vexa.Cli.Rehearsal;
using Vexa.Workspaces;

namespace Vexa.Cli.Stack;

/// <summary>
/// What runs, in which order, with which command and environment: computed from the settings alone. A secret or an address is
/// given to the roles that use it, and to no other.
/// </summary>
internal static class StackPlan
{
    public const string SupervisorVariable = "VEXA_SUPERVISOR";

    // HOME for the tools that insist on one; the certificates for whoever connects by TLS.
    private static readonly string[] Inherited =
        ["PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "DOTNET_ROOT", "DOTNET_gcServer", "DOTNET_GCHeapHardLimit", "SSL_CERT_FILE", "SSL_CERT_DIR"];

    // Given by the plan itself, each to the roles that need it.
    private static readonly string[] Placed = ["VEXA_DATA", "VEXA_RUN", "VEXA_LISTEN", "VEXA_REDIS", "VEXA_REDIS_MEMORY", "VEXA_INFERENCE_URL", "VEXA_REHEARSAL", "VEXA_KEY_FILE", "VEXA_PASSPHRASE_FILE", .. BucketSettings.Variables, SupervisorVariable, CalledAs.Variable];

    /// <summary>Waves of roles: each wave starts when the one before it is healthy.</summary>
    /// <param name="vexa">The command that is this program: <c>dotnet .../vexa.dll</c>.</param>
    /// <param name="parent">The supervisor's own environment.</param>
    public static IReadOnlyList<IReadOnlyList<RoleSpec>> Compute(
        StackOptions options, IReadOnlyList<string> vexa, int supervisor, IReadOnlyDictionary<string, string> parent)
    {
        var shared = Shared(options, supervisor, parent);
        List<RoleSpec> first = [];
        if (options.Redis is null)
            first.Add(Redis(options, shared));

        var door = Ours("door", options, vexa, With(shared, DoorVariables(options)), stopWithin: 8);
        var runtime = Ours("runtime", options, vexa, shared, stopWithin: 20) with { StopsFirst = true };
        var control = Ours("control", options, vexa, With(shared,
            ControlVariables(options)), stopWithin: 8);
        List<RoleSpec> second = [door, runtime];
        if (options.Rehearses)
            second.Add(Rehearsal(options, vexa, shared));
        IReadOnlyList<RoleSpec>[] waves = [first, second, [control]];
        return [.. waves.Where(wave => wave.Count > 0)];
    }

    private static IEnumerable<KeyValuePair<string, string>> ControlVariables(StackOptions options)
    {
        yield return new("VEXA_REDIS", options.RedisAddress);
        yield return new("VEXA_LISTEN", options.Listen.ToString());
        foreach (var setting in options.NamedBucket?.Reveal() ?? [])
            yield return setting;
        if (options.NamedKeyFile is { } keys)
            yield return new("VEXA_KEY_FILE", keys);
        if (options.PassphraseFile is { } passphrase)
            yield return new("VEXA_PASSPHRASE_FILE", passphrase);
    }

    private static IEnumerable<KeyValuePair<string, string>> DoorVariables(StackOptions options)
    {
        yield return new("VEXA_REDIS", options.RedisAddress);
        yield return new("VEXA_INFERENCE_URL", options.ModelEndpoint);
        if (options.InferenceKey is { } key)
            yield return new("ANTHROPIC_API_KEY", key.Reveal());
    }

    private static RoleSpec Ours(string role, StackOptions options, IReadOnlyList<string> vexa, IReadOnlyDictionary<string, string> environment, int stopWithin) => new()
    {
        Name = role,
        Command = [.. vexa, role],
        Environment = environment,
        Health = new HttpHealth(options.SocketOf(role)),
        StopWithin = TimeSpan.FromSeconds(stopWithin),
    };

    private static RoleSpec Rehearsal(StackOptions options, IReadOnlyList<string> vexa, IReadOnlyDictionary<string, string> shared) => new()
    {
        Name = "rehearsal",
        Command = [.. vexa, "rehearsal", "--unix", options.RehearsalSocket, "--script", options.RehearsalScript ?? RehearsalCommand.DefaultScript],
        Environment = shared,
        Health = new HttpHealth(options.RehearsalSocket),
        StopWithin = TimeSpan.FromSeconds(5),
    };

    // Private: no port, and a socket that only this user may open. What it carries can be rebuilt, but a restart of Redis should lose nothing;
    // and it is in clear, so what survives a restart is in memory too.
    private static RoleSpec Redis(StackOptions options, IReadOnlyDictionary<string, string> shared) => new()
    {
        Name = "redis",
        Command =
        [
            "redis-server", "--port", "0", "--unixsocket", options.RedisSocket, "--unixsocketperm", "600", "--dir", options.RedisFolder,
            "--appendonly", "yes", "--appendfsync", "everysec", "--auto-aof-rewrite-min-size", "16mb", "--save", "", "--maxmemory", options.RedisMemory.ToString(CultureInfo.InvariantCulture), "--maxmemory-policy", "noeviction", "--daemonize", "no",
        ],
        Environment = shared.Where(variable => !variable.Key.StartsWith("VEXA_", StringComparison.Ordinal)).ToDictionary(),
        Health = new RedisHealth(options.RedisSocket),
        StopWithin = TimeSpan.FromSeconds(8),
    };

    private static Dictionary<string, string> Shared(StackOptions options, int supervisor, IReadOnlyDictionary<string, string> parent)
    {
        var shared = parent
            .Where(variable => Inherited.Contains(variable.Key) || IsOwnSetting(variable.Key))
            .ToDictionary(StringComparer.Ordinal);
        shared["VEXA_DATA"] = options.DataFolder;
        shared["VEXA_RUN"] = options.RunFolder;
        shared[SupervisorVariable] = supervisor.ToString(CultureInfo.InvariantCulture);
        return shared;
    }

    // A setting that a later version adds reaches its role by itself; whatever looks like a secret does not.
    private static bool IsOwnSetting(string name) => name.StartsWith("VEXA_", StringComparison.Ordinal) && !Placed.Contains(name)
        && !name.EndsWith("_KEY", StringComparison.Ordinal) && !name.EndsWith("_TOKEN", StringComparison.Ordinal) && !name.EndsWith("_SECRET", StringComparison.Ordinal)
        && !name.EndsWith("_PASSWORD", StringComparison.Ordinal);

    private static Dictionary<string, string> With(IReadOnlyDictionary<string, string> shared, IEnumerable<KeyValuePair<string, string>> more)
    {
        var all = shared.ToDictionary(StringComparer.Ordinal);
        foreach (var (name, value) in more)
            all[name] = value;
        return all;
    }
}
