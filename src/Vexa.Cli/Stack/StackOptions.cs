using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Vexa.Cli.Commands;
using Vexa.Contracts;
using Vexa.Workspaces;

namespace Vexa.Cli.Stack;

/// <summary>Every setting of an installation, read in this one place.</summary>
/// <remarks>
/// <c>VEXA_DATA</c>, <c>VEXA_RUN</c>, <c>VEXA_LISTEN</c>, <c>VEXA_REDIS</c>, <c>VEXA_REDIS_MEMORY</c>, <c>VEXA_INFERENCE_URL</c>,
/// <c>ANTHROPIC_API_KEY</c>, <c>VEXA_REHEARSAL</c>, <c>VEXA_BACKEND</c>, <c>VEXA_ISOLATION</c>, <c>VEXA_OCI_RUNTIME</c>, <c>VEXA_DOCKER_HOST</c>,
/// <c>VEXA_MAX_WORKLOADS</c>, <c>VEXA_MAX_PER_SUBJECT</c>, <c>VEXA_MAX_QUEUED</c>, <c>VEXA_KEY_FILE</c>, <c>VEXA_PASSPHRASE_FILE</c>,
/// <c>VEXA_BUCKET</c>, <c>VEXA_S3_ENDPOINT</c>, <c>VEXA_S3_REGION</c>, <c>VEXA_S3_STYLE</c>, <c>VEXA_S3_ALLOW_HTTP</c>, <c>AWS_ACCESS_KEY_ID</c>,
/// <c>AWS_SECRET_ACCESS_KEY</c>, <c>AWS_SESSION_TOKEN</c>.
/// </remarks>
internal sealed record StackOptions
{
    public const string UsualDockerHost = "unix:///var/run/docker.sock";

    private const long Megabyte = 1024 * 1024;
    private static readonly long DefaultRedisMemory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4;

    // The longest path below it is door/<dispatch>/door.sock, and the kernel keeps a socket's path in 107 bytes.
    private static readonly int LongestRunFolder = 107 - "/door/".Length - Slug.MaxLength - "/door.sock".Length;

    /// <summary>All that lasts. Default <c>~/.local/share/vexa</c>.</summary>
    public required string DataFolder { get; init; }
    /// <summary>Sockets and mounts, on tmpfs. Default: a folder of its own per data folder below <c>/run/vexa</c> or <c>/dev/shm/vexa</c>.</summary>
    public required string RunFolder { get; init; }
    /// <summary>Where people and API clients connect. Default 127.0.0.1:7420.</summary>
    public IPEndPoint Listen { get; init; } = new(IPAddress.Loopback, 7420);
    /// <summary>A Redis that is not ours to start; absent, a private one is.</summary>
    public string? Redis { get; init; }
    /// <summary>
    /// Bytes that the private Redis may use. Full, it refuses writes, which waits and goes on; without a limit the kernel would kill
    /// whatever is largest. 16 MB to 1 TB; default: a quarter of the machine's memory.
    /// </summary>
    public long RedisMemory { get; init; } = DefaultRedisMemory;
    /// <summary>A model endpoint other than Anthropic's own.</summary>
    public string? InferenceUrl { get; init; }
    /// <summary>The provider's key. Of the roles, only the door gets it.</summary>
    public Secret? InferenceKey { get; init; }
    /// <summary>The script of the rehearsal model; absent, the one that is shipped.</summary>
    public string? RehearsalScript { get; init; }

    /// <summary>What runs the containers: <c>oci</c> (default) or <c>docker</c>.</summary>
    public string Backend { get; init; } = "oci";
    /// <summary>What walls a container off where its runner does not say: <c>runc</c> (default) or <c>gvisor</c>.</summary>
    public Isolation Isolation { get; init; } = Isolation.Runc;
    /// <summary>What drives isolation runc without a daemon: <c>runc</c> (default), <c>crun</c>, or the absolute path of either.</summary>
    public string OciRuntime { get; init; } = "runc";
    /// <summary>Where the Docker Engine listens.</summary>
    public string DockerHost { get; init; } = UsualDockerHost;
    /// <summary>Containers that live at once, 1 to 10,000; absent, the runtime goes by the machine's memory.</summary>
    public int? MaxWorkloads { get; init; }
    /// <summary>Of these, one subject's.</summary>
    public int? MaxPerSubject { get; init; }

    public int? MaxQueued { get; init; }

    /// <summary>Where everything durable lies, and how to reach it. Default: <c>bucket</c> in <see cref="DataFolder"/>.</summary>
    public BucketSettings Bucket => NamedBucket ?? BucketSettings.OfFolder(Path.Combine(DataFolder, "bucket"));
    /// <summary>The bucket and the S3 server, as far as they are set.</summary>
    public BucketSettings? NamedBucket { get; init; }

    /// <summary>The keys that open the bucket. Default: <c>seal.keys</c> in <see cref="KeysFolder"/>, so that the bucket's folder alone opens nothing.</summary>
    public string KeyFile => NamedKeyFile ?? Path.Combine(KeysFolder, "seal.keys");
    /// <summary>The key file, where it is another one.</summary>
    public string? NamedKeyFile { get; init; }
    /// <summary>A file with the passphrase that opens the bucket, in place of a key file.</summary>
    public string? PassphraseFile { get; init; }

    /// <summary>What opens the bucket.</summary>
    public SealingOptions Sealing => new() { KeyFile = KeyFile, PassphraseFile = PassphraseFile };

    /// <summary>No model is configured, so the rehearsal model answers.</summary>
    public bool Rehearses => InferenceUrl is null && InferenceKey is null;

    /// <summary>What the door asks.</summary>
    public string ModelEndpoint => InferenceUrl ?? (Rehearses ? $"unix:{RehearsalSocket}" : "https://api.anthropic.com");

    public string RedisAddress => Redis ?? $"unix:{RedisSocket}";

    public string ApiAddress => $"http://{Listen}";

    /// <summary>
    /// Below it lie the control groups of this installation's containers. A name of its own: whatever lies there and is nobody's is removed
    /// when the runtime starts, and that must never be a neighbour's.
    /// </summary>
    public string CgroupParent => $"vexa-{NameOf(DataFolder)}";

    public string RedisSocket => Path.Combine(RunFolder, "redis.sock");

    public string RehearsalSocket => Path.Combine(RunFolder, "rehearsal.sock");

    /// <summary>Control's API for whoever may open the file: no token is needed.</summary>
    public string ApiSocket => Path.Combine(RunFolder, "api.sock");

    /// <summary>Control hands the first API token over here; it is shown once and deleted.</summary>
    public string FirstTokenFile => Path.Combine(RunFolder, "first-token");

    public string KeysFolder => Path.Combine(DataFolder, "keys");

    public string ImagesFolder => Path.Combine(DataFolder, "images");

    /// <summary>In memory: what Redis carries is what agents and people say.</summary>
    public string RedisFolder => Path.Combine(RunFolder, "redis");

    public string LogsFolder => Path.Combine(DataFolder, "logs");

    public string StateFile => Path.Combine(DataFolder, "stack.json");

    public string LockFile => Path.Combine(DataFolder, "stack.lock");

    /// <summary>Held by whoever makes or removes backups.</summary>
    public string BackupLockFile => Path.Combine(DataFolder, "backup.lock");

    /// <summary>Without it no agent can run.</summary>
    public bool HasAgentImage => File.Exists(Path.Combine(ImagesFolder, "agent", "image.json"));

    /// <summary>Held by the supervisor whose sockets lie beside it.</summary>
    public string RunLockFile => Path.Combine(RunFolder, "stack.lock");

    public string SocketOf(string role) => Path.Combine(RunFolder, $"{role}.sock");

    public string LogOf(string role) => Path.Combine(LogsFolder, $"{role}.log");

    /// <exception cref="VexaException">Names every fault at once.</exception>
    public static StackOptions FromEnvironment(string? listen = null) => From(Environment.GetEnvironmentVariable, listen);

    /// <param name="variable">Value of an environment variable.</param>
    /// <param name="listen">Stronger than <c>VEXA_LISTEN</c>.</param>
    /// <exception cref="VexaException">Names every fault at once.</exception>
    public static StackOptions From(Func<string, string?> variable, string? listen)
    {
        string? Value(string name) => variable(name) is { } value && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;
        var faults = new List<string>();
        var data = Path.GetFullPath(Value("VEXA_DATA") ?? Path.Combine(Home(variable), ".local/share/vexa")).TrimEnd('/');
        var run = Path.GetFullPath(Value("VEXA_RUN") ?? Path.Combine(Tmpfs.Default(), NameOf(data))).TrimEnd('/');
        if (Encoding.UTF8.GetByteCount(run) > LongestRunFolder)
            faults.Add($"VEXA_RUN is longer than the {LongestRunFolder} bytes that leave room for socket names: {run}");
        var address = listen ?? Value("VEXA_LISTEN") ?? "127.0.0.1:7420";
        if (!IPEndPoint.TryParse(address, out var endPoint) || endPoint.Port == 0)
            faults.Add($"VEXA_LISTEN or --listen is not ADDRESS:PORT, such as 127.0.0.1:7420: {address}");
        if (Value("VEXA_REDIS") is { } redis && !IsOneOf(redis, "unix:/", "redis://", "rediss://"))
            faults.Add("VEXA_REDIS is not unix:/path, redis://host[:port] or rediss://host[:port]");
        var memory = DefaultRedisMemory / Megabyte;
        if (Value("VEXA_REDIS_MEMORY") is { } megabytes && !(long.TryParse(megabytes, NumberStyles.None, CultureInfo.InvariantCulture, out memory) && memory is >= 16 and <= 1024 * 1024))
            faults.Add($"VEXA_REDIS_MEMORY is not a number of megabytes from 16 to 1048576: {megabytes}");
        if (Value("VEXA_INFERENCE_URL") is { } url && !IsOneOf(url, "unix:/", "http://", "https://"))
            faults.Add($"VEXA_INFERENCE_URL is not http(s)://host[:port] or unix:/path: {url}");
        var backend = Value("VEXA_BACKEND") ?? "oci";
        if (backend is not ("oci" or "docker"))
            faults.Add($"VEXA_BACKEND is not oci or docker: {backend}");
        var isolation = Value("VEXA_ISOLATION") ?? "runc";
        if (isolation is not ("runc" or "gvisor"))
            faults.Add($"VEXA_ISOLATION is not runc or gvisor: {isolation}");
        var engine = Value("VEXA_OCI_RUNTIME") ?? "runc";
        if (Path.GetFileName(engine) is not ("runc" or "crun") || (engine.Contains('/', StringComparison.Ordinal) && !Path.IsPathFullyQualified(engine)))
            faults.Add($"VEXA_OCI_RUNTIME is not runc, crun, or the absolute path of either: {engine}");
        if (Value("VEXA_DOCKER_HOST") is { } docker && !docker.StartsWith("unix:///", StringComparison.Ordinal))
            faults.Add($"VEXA_DOCKER_HOST is not unix:///path: {docker}");
        int? Count(string name, int least)
        {
            if (Value(name) is not { } text)
                return null;
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count >= least && count <= 10_000)
                return count;
            faults.Add($"{name} is not a number from {least} to 10000: {text}");
            return null;
        }

        var (workloads, perSubject, queued) = (Count("VEXA_MAX_WORKLOADS", least: 1), Count("VEXA_MAX_PER_SUBJECT", least: 1), Count("VEXA_MAX_QUEUED", least: 0));
        var bucket = BucketSettings.From(Value, Path.Combine(data, "bucket"), faults);
        if (faults.Count > 0)
            throw Faults.Machine("settings", $"These settings are unusable: {string.Join("; ", faults)}.", "Mend the variables named and start again.");

        return new StackOptions
        {
            DataFolder = data,
            RunFolder = run,
            Listen = endPoint!,
            Redis = Value("VEXA_REDIS"),
            RedisMemory = memory * Megabyte,
            InferenceUrl = Value("VEXA_INFERENCE_URL"),
            InferenceKey = Value("ANTHROPIC_API_KEY") is { } key ? new Secret(key) : null,
            Backend = backend,
            Isolation = isolation == "gvisor" ? Isolation.Gvisor : Isolation.Runc,
            OciRuntime = engine,
            DockerHost = Value("VEXA_DOCKER_HOST") ?? UsualDockerHost,
            MaxWorkloads = workloads,
            MaxPerSubject = perSubject,
            MaxQueued = queued,
            NamedBucket = bucket,
            NamedKeyFile = Value("VEXA_KEY_FILE") is { } keys ? Path.GetFullPath(keys) : null,
            PassphraseFile = Value("VEXA_PASSPHRASE_FILE") is { } passphrase ? Path.GetFullPath(passphrase) : null,
            RehearsalScript = Value("VEXA_REHEARSAL") is { } script ? Path.GetFullPath(script) : null,
        };
    }

    private static bool IsOneOf(string address, params ReadOnlySpan<string> forms)
    {
        foreach (var form in forms)
            if (address.StartsWith(form, StringComparison.Ordinal))
                return true;
        return false;
    }

    private static string Home(Func<string, string?> variable) =>
        variable("HOME") is { Length: > 0 } home ? home : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    // Two data folders are two installations, which may run side by side.
    private static string NameOf(string data) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(data)))[..8];
}
