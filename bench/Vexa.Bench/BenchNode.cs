using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using Vexa.Contracts;
using Vexa.Hosting;
using Vexa.Identity;
using Vexa.Runtime;

namespace Vexa.Bench;

/// <summary>
/// The runtime at its own seam: <c>runtime.v1</c> over <c>runtime.sock</c>, with real tokens, real containers and the real worker, and
/// stand-ins for door and control (<see cref="NodeNeighbours"/>). A cold start is measured from the moment at which <c>POST /workloads</c>
/// is sent to the first byte that the worker sends to the door; control's part of a start is in the whole stack's figures.
/// </summary>
internal sealed class BenchNode : IAsyncDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);
    private readonly string _keys = Directory.CreateTempSubdirectory("vexa-bench-keys-").FullName;
    private readonly string _name = $"vexa-b-{RandomNumberGenerator.GetHexString(6, lowercase: true)}";
    private readonly CancellationTokenSource _stop = new();
    private readonly TokenMint _mint;
    private readonly SigningKey _key;
    private readonly HttpClient _client;
    private Task _running = Task.CompletedTask;
    private int _next;

    private readonly CancellationToken _interrupted;

    private BenchNode(CancellationToken interrupted)
    {
        _interrupted = interrupted;
        _key = SigningKey.LoadOrCreate(_keys);
        _mint = new TokenMint(_key, TimeProvider.System);
        _client = UnixHttp.Client($"{Run}/runtime.sock");
    }

    private string Run => $"/dev/shm/{_name}";

    public NodeNeighbours Neighbours { get; private set; } = null!;

    /// <param name="interrupted">Ends whatever is under way here; then the node has to be disposed of, as always.</param>
    public static async Task<BenchNode> Start(CancellationToken interrupted, Func<RuntimeOptions, RuntimeOptions>? change = null)
    {
        var node = new BenchNode(interrupted);
        try
        {
            Directory.CreateDirectory(node.Run);
            node.Neighbours = await NodeNeighbours.Start(node.Run);
            var options = new RuntimeOptions { RunFolder = node.Run, ImagesFolder = BenchImage.Folder, CgroupParent = node._name, Node = "bench", MaxWorkloads = 1000, MaxPerSubject = 1000 };
            node._running = RuntimeRole.Run(change?.Invoke(options) ?? options, node._keys, node._stop.Token);
            await node.AwaitHealthy();
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <summary>One cold start of the worker, and its removal, which is not counted.</summary>
    public async Task<ColdStart> ColdStart(params WorkloadMount[] mounts)
    {
        var spec = Spec(["/opt/vexa/vexa-worker"], mounts);
        var first = Neighbours.FirstByteOf(spec.Id.Value);
        var sent = Stopwatch.GetTimestamp();
        await Create(spec);
        var answered = Stopwatch.GetTimestamp();
        var start = new ColdStart(sent, answered, await first.WaitAsync(Bound, _interrupted));
        using var removed = await _client.DeleteAsync(new Uri($"/workloads/{spec.Id}?grace_ms=0", UriKind.Relative));
        await removed.ThrowOnProblem(CancellationToken.None);
        return start;
    }

    /// <summary>Starts a container that ends at once.</summary>
    /// <returns>Returns when it runs.</returns>
    public async Task<DispatchId> StartShort()
    {
        var spec = Spec(["/bin/true"], []);
        await Create(spec);
        return spec.Id;
    }

    public async Task<WorkloadStatus> AwaitEnd(DispatchId id)
    {
        using var answer = await _client.GetAsync(new Uri($"/workloads/{id}?wait=30", UriKind.Relative), _interrupted);
        return await answer.ReadOrThrow(VexaJson.Default.WorkloadStatus, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _client.Dispose();
        if (Neighbours is not null)
            await Neighbours.DisposeAsync();
        _key.Dispose();
        _stop.Dispose();
        Directory.Delete(_keys, recursive: true);
        Directory.Delete(Run, recursive: true);
    }

    private WorkloadSpec Spec(IReadOnlyList<string> argv, IReadOnlyList<WorkloadMount> mounts) => new()
    {
        Id = Id.Parse<DispatchId>(string.Create(CultureInfo.InvariantCulture, $"d{_next++}-{_name}")),
        Image = "agent",
        Argv = argv,
        Mounts = mounts,
        Limits = new WorkloadLimits { MemoryMb = 256, Pids = 64, TmpfsMb = 16, WallSeconds = 600 },
    };

    private async Task Create(WorkloadSpec spec)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/workloads") { Content = JsonContent.Create(new WorkloadCreate(spec, Token(spec, Audience.Door)), VexaJson.Default.WorkloadCreate) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token(spec, Audience.Runtime));
        using var answer = await _client.SendAsync(request, _interrupted);
        await answer.ThrowOnProblem(CancellationToken.None);
    }

    private string Token(WorkloadSpec spec, string audience)
    {
        var person = Id.Parse<SubjectId>("bench");
        return _mint.Mint(Grant.Of(new Dispatch
        {
            Id = spec.Id,
            Identity = new DispatchIdentity { Subject = person, Launcher = Launcher.User(person) },
            Runner = Id.Parse<RunnerName>("trivial"),
            // A token grants one at least, mounted or not.
            Workspaces = spec.Mounts is [] ? [new WorkspaceAccess(Id.Parse<WorkspaceId>("unused"), AccessMode.Ro)] : [.. spec.Mounts.Select(mount => new WorkspaceAccess(mount.Workspace, mount.Mode))],
            Start = new DispatchStart(),
            Origin = new DispatchOrigin { Trigger = Trigger.Message },
        }), audience, TimeSpan.FromMinutes(1));
    }

    private async Task AwaitHealthy()
    {
        using var bound = new CancellationTokenSource(Bound);
        while (!_running.IsCompleted)
        {
            try
            {
                using var health = await _client.GetAsync(new Uri("/health", UriKind.Relative), bound.Token);
                if (!health.IsSuccessStatusCode)
                    throw new InvalidOperationException($"The node cannot start containers: {await health.Content.ReadAsStringAsync(bound.Token)}");
                return;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, bound.Token);
            }
        }

        await _running;
    }
}

/// <summary>Moments of one cold start, by <see cref="Stopwatch.GetTimestamp"/>.</summary>
internal sealed record ColdStart(long Sent, long Answered, long FirstByte)
{
    public double TotalMs => Stopwatch.GetElapsedTime(Sent, FirstByte).TotalMilliseconds;
}
