using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Amazon.Runtime;
using Amazon.S3;
using Vexa.Workspaces;

namespace Vexa.IntegrationTests.Drivers;

/// <summary>
/// A real S3 server, Ceph's, with everything of its own in one folder and on loopback. On its object store it obeys the conditions of a put
/// (but wants ETags without quotation marks); on its small database store it accepts them and ignores them.
/// </summary>
public sealed class CephServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan CommandTime = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan RequestTime = TimeSpan.FromSeconds(20);
    private static readonly string[] Libraries = RuntimeInformation.ProcessArchitecture == Architecture.Arm64
        ? ["usr/lib/aarch64-linux-gnu", "usr/lib/ld-linux-aarch64.so.1"]
        : ["usr/lib/x86_64-linux-gnu", "usr/lib64/ld-linux-x86-64.so.2"];

    private readonly string _root = Environment.GetEnvironmentVariable("VEXA_TEST_CEPH") is { } root && Directory.Exists(root)
        ? root
        : throw new InvalidOperationException("Run the tests by ./vexa test: they need an S3 server.");

    // In memory: it writes like a database, and nothing of it shall last.
    private readonly string _folder = Directory.CreateDirectory($"/dev/shm/vexa-test/ceph-{Guid.NewGuid().ToString("n")[..8]}").FullName;
    private readonly List<Process> _running = [];
    private readonly int _port = FreePort.Take();
    private string _accessKey = "";
    private string _secretKey = "";

    private CephServer()
    {
    }

    /// <summary>Requests are in clear: on loopback that is allowed.</summary>
    public Uri Address => new($"http://127.0.0.1:{_port}");

    internal S3Options Options => new() { Endpoint = Address, PathStyle = true, AccessKey = _accessKey, SecretKey = new Secret(_secretKey) };

    /// <summary>Starts a cluster of one, which takes some seconds.</summary>
    public static Task<CephServer> StartWithConditions() => Start(server => server.StartCluster());

    /// <summary>Starts the gateway alone.</summary>
    public static Task<CephServer> StartWithoutConditions() => Start(server => Task.FromResult(server.ConfigureAlone()));

    /// <summary>Settings for a new bucket, or for a place of one's own in a bucket.</summary>
    internal BucketSettings At(string bucket, string prefix = "") => new(BucketAddress.TryParse($"s3://{bucket}/{prefix}")!, Options);

    /// <summary>Makes a bucket, or finds that it has made it.</summary>
    internal Task MakeBucket(string name) => Insist(async (client, ct) =>
    {
        try
        {
            await client.PutBucketAsync(name, ct);
        }
        catch (AmazonS3Exception made) when (made.ErrorCode == "BucketAlreadyOwnedByYou")
        {
            // By a request whose answer came too late.
        }
    });

    public async ValueTask DisposeAsync()
    {
        foreach (var process in Enumerable.Reverse(_running))
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    // A port that was free may be somebody else's a moment later.
    private static async Task<CephServer> Start(Func<CephServer, Task<IReadOnlyList<string>>> prepare)
    {
        try
        {
            return await StartOnce(prepare);
        }
        catch (InvalidOperationException)
        {
            return await StartOnce(prepare);
        }
    }

    private static async Task<CephServer> StartOnce(Func<CephServer, Task<IReadOnlyList<string>>> prepare)
    {
        var server = new CephServer();
        try
        {
            var arguments = await prepare(server);
            await server.MakeUser(arguments);
            server.Run("radosgw", [.. arguments, "-f", "-n", "client.rgw", "--rgw-frontends", $"beast endpoint=127.0.0.1:{server._port}"]);
            // Whoever else has the port does not know the keys.
            await server.Insist((client, ct) => client.ListBucketsAsync(ct));
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    private IReadOnlyList<string> ConfigureAlone()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "db"));
        Configure(
            "rgw_backend_store = dbstore", "rgw_config_store = dbstore", $"dbstore_db_dir = {_folder}/db", $"dbstore_config_uri = file:{_folder}/db/config.db", "mon_host = 127.0.0.1");
        return ["--no-mon-config"];
    }

    private async Task<IReadOnlyList<string>> StartCluster()
    {
        var (id, port) = (Guid.NewGuid().ToString(), FreePort.Take());
        foreach (var folder in (string[])["mon", "osd"])
            Directory.CreateDirectory(Path.Combine(_folder, folder));

        Configure(
            $"fsid = {id}", "mon_initial_members = a", $"mon_host = [v1:127.0.0.1:{port}/0]", "public_addr = 127.0.0.1", "cluster_addr = 127.0.0.1", "ms_bind_ipv6 = false", "ms_bind_msgr2 = false",
            "auth_cluster_required = none", "auth_service_required = none", "auth_client_required = none",
            // One of everything, in memory, and no waiting for more members or for better decisions.
            "osd_objectstore = memstore", "memstore_device_bytes = 4294967296", "osd_pool_default_size = 1", "osd_pool_default_min_size = 1", "osd_pool_default_pg_num = 4",
            "osd_pool_default_pg_autoscale_mode = off", "mon_allow_pool_size_one = true", "osd_crush_chooseleaf_type = 0", "mon_max_pg_per_osd = 1000", "mon_tick_interval = 1",
            "paxos_propose_interval = 0.02", "paxos_min_wait = 0.01", "mon_data_avail_crit = 1", "osd_mclock_skip_benchmark = true", "osd_class_load_list = *", "osd_class_default_list = *",
            $"mon_data = {_folder}/mon", $"osd_data = {_folder}/osd", $"osd_class_dir = {_root}/{Libraries[0]}/rados-classes");
        await Do("monmaptool", "--create", "--fsid", id, "--addv", "a", $"[v1:127.0.0.1:{port}/0]", $"{_folder}/monmap");
        await Do("ceph-mon", "--mkfs", "-i", "a", "--monmap", $"{_folder}/monmap");
        Run("ceph-mon", ["-f", "-i", "a", "--public-addr", $"127.0.0.1:{port}"]);
        await Do("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", Guid.NewGuid().ToString());
        Run("ceph-osd", ["-f", "-i", "0"]);
        return [];
    }

    private void Configure(params string[] lines) => File.WriteAllLines(Path.Combine(_folder, "ceph.conf"),
    [
        "[global]", .. lines, $"rgw_data = {_folder}/rgw", $"run_dir = {_folder}", $"log_file = {_folder}/$name.log", "admin_socket =", $"plugin_dir = {_root}/{Libraries[0]}/ceph",
        $"erasure_code_dir = {_root}/{Libraries[0]}/ceph/erasure-code", "rgw_enable_gc_threads = false", "rgw_enable_lc_threads = false", "rgw_enable_quota_threads = false", "rgw_run_sync_thread = false",
        "rgw_dns_name = localhost",
    ]);

    // The server makes the keys: they stand in no argument. The first ones fail while the cluster assembles.
    private async Task MakeUser(IReadOnlyList<string> arguments)
    {
        for (var since = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(since) < Patience; await Revive())
            foreach (var action in (string[][])[["user", "create", "--uid=vexa", "--display-name=vexa"], ["key", "create", "--uid=vexa", "--key-type=s3", "--gen-access-key", "--gen-secret"]])
            {
                var (ok, output) = await Try("radosgw-admin", [.. arguments, .. action]);
                if (!ok || output.IndexOf('{', StringComparison.Ordinal) is not (>= 0 and var start))
                    continue;

                using var user = JsonDocument.Parse(output[start..]);
                if (user.RootElement.GetProperty("keys").EnumerateArray().FirstOrDefault() is { ValueKind: JsonValueKind.Object } key)
                {
                    (_accessKey, _secretKey) = (key.GetProperty("access_key").GetString()!, key.GetProperty("secret_key").GetString()!);
                    return;
                }
            }

        throw new InvalidOperationException($"Ceph did not make a user within {Patience.TotalSeconds} s: {Logs()}");
    }

    // A store that asks before the monitor knows what it is a monitor of is sent away, and ends.
    private async Task Revive()
    {
        await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        foreach (var ended in _running.Where(process => process.HasExited).ToList())
        {
            _running.Remove(ended);
            _running.Add(Started(ended.StartInfo));
            ended.Dispose();
        }
    }

    // The first requests fail while it starts, and are slow on a busy machine.
    private async Task Insist(Func<IAmazonS3, CancellationToken, Task> request)
    {
        using var connection = new S3Connection(Options, null);
        for (var since = TimeProvider.System.GetTimestamp(); ; await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System))
        {
            using var limit = new CancellationTokenSource(RequestTime, TimeProvider.System);
            try
            {
                await request(connection.Client, limit.Token);
                return;
            }
            catch (Exception fault) when (fault is AmazonServiceException or AmazonClientException or HttpRequestException or OperationCanceledException)
            {
                if (_running[^1].HasExited || TimeProvider.System.GetElapsedTime(since) > Patience)
                    throw new InvalidOperationException($"radosgw does not answer as it should: {Logs()}", fault);
            }
        }
    }

    private async Task Do(string program, params string[] arguments)
    {
        var (ok, output) = await Try(program, arguments);
        if (!ok)
            throw new InvalidOperationException($"{program}: {output}");
    }

    private async Task<(bool Ok, string Output)> Try(string program, IEnumerable<string> arguments)
    {
        using var process = Process.Start(Command(program, arguments))!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var limit = new CancellationTokenSource(CommandTime, TimeProvider.System);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }

        return (process.ExitCode == 0, process.ExitCode == 0 ? await output : await error);
    }

    private void Run(string program, IEnumerable<string> arguments) => _running.Add(Started(Command(program, arguments)));

    private static Process Started(ProcessStartInfo command)
    {
        var process = Process.Start(command)!;
        // Nobody reads them, and a full pipe would stop it; its log is a file.
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private ProcessStartInfo Command(string program, IEnumerable<string> arguments)
    {
        var libraries = Path.Combine(_root, Libraries[0]);
        return new(Path.Combine(_root, Libraries[1]), ["--library-path", $"{libraries}:{libraries}/ceph", Path.Combine(_root, "usr/bin", program), "-c", Path.Combine(_folder, "ceph.conf"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
    }

    private string Logs() => string.Join('\n', Directory.GetFiles(_folder, "*.log").SelectMany(log => File.ReadLines(log).TakeLast(5)));
}
