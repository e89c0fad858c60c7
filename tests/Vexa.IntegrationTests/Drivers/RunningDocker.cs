using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Vexa.Docker;
using Vexa.Runtime.Native;

namespace Vexa.IntegrationTests.Drivers;

/// <summary>
/// A Docker engine of the test's own: its data, state and socket in a folder of its own, no network of its own making, and gVisor as
/// one of its runtimes. Disposing stops it and leaves nothing.
/// </summary>
internal sealed class RunningDocker : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private Process? _daemon;

    private RunningDocker()
    {
        Folder = Directory.CreateTempSubdirectory("vexa-docker-").FullName;
        Engine = new DockerEngine(SocketPath, TimeProvider.System);
        File.WriteAllText(Settings, """{"runtimes":{"runsc":{"path":"/usr/bin/runsc","runtimeArgs":["--network=none","--host-uds=open","--overlay2=none"]}}}""");
    }

    public string Folder { get; }

    public string SocketPath => Path.Combine(Folder, "docker.sock");

    public string Address => $"unix://{SocketPath}";

    public DockerEngine Engine { get; }

    public string Log => File.ReadAllText(Path.Combine(Folder, "log"));

    private string Settings => Path.Combine(Folder, "daemon.json");

    public static async Task<RunningDocker> Start()
    {
        Assert.SkipUnless(Libc.EffectiveUser() == 0, "an engine is started as root");
        var docker = new RunningDocker();
        try
        {
            await docker.Restart();
            return docker;
        }
        catch
        {
            await docker.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops it if it runs, starts it with the same data, and waits until it answers.</summary>
    public async Task Restart()
    {
        await Stop();
        var start = new ProcessStartInfo("/bin/sh",
        [
            // A shell for its log: nobody has to read a pipe for as long as it lives.
            "-c", "exec \"$@\" >>\"$0\" 2>&1", Path.Combine(Folder, "log"),
            "dockerd", "--host", Address, "--data-root", $"{Folder}/data", "--exec-root", $"{Folder}/exec", "--pidfile", $"{Folder}/pid",
            "--config-file", Settings, "--storage-driver", "overlay2", "--exec-opt", "native.cgroupdriver=cgroupfs",
            "--bridge", "none", "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false", "--shutdown-timeout", "3",
        ]);
        // A user's path often lacks what it starts: containerd, runc.
        start.Environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        _daemon = Process.Start(start)!;
        var since = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                _ = await Engine.Info(CancellationToken.None);
                return;
            }
            catch (EngineUnavailableException) when (!_daemon.HasExited && TimeProvider.System.GetElapsedTime(since) < Patience)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
            catch (EngineUnavailableException away)
            {
                throw new InvalidOperationException($"dockerd does not answer: {Log}", away);
            }
        }
    }

    /// <summary>Ends it in good order, its containers too.</summary>
    public Task Stop() => End(SigTerm);

    /// <summary>Ends it at once, as a crash would. Its containers live on.</summary>
    public async Task Kill()
    {
        await End(SigKill);
        // Its containerd ends with it, but may stay as a zombie, which the next engine would take for a living one.
        var pidFile = $"{Folder}/exec/containerd/containerd.pid";
        var pid = int.Parse(await File.ReadAllTextAsync(pidFile), CultureInfo.InvariantCulture);
        var since = TimeProvider.System.GetTimestamp();
        while (Lives(pid))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(since) < Patience, "containerd outlives its engine.");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }

        File.Delete(pidFile);
    }

    /// <summary>It stops answering, with its connections open, until <see cref="Thaw"/>.</summary>
    public void Freeze() => Send(SigStop);

    public void Thaw() => Send(SigCont);

    /// <summary>Whatever is left in it of containers; empty where a test has cleaned up.</summary>
    public async Task<IReadOnlyList<string>> Containers() => [.. (await Engine.Containers.List("vexa.owner", CancellationToken.None)).Select(c => c.Labels?.GetValueOrDefault("vexa.dispatch") ?? c.Id)];

    public async ValueTask DisposeAsync()
    {
        await Stop();
        Engine.Dispose();
        // What a kill of the engine has orphaned: they name the folder, which is this engine's own.
        foreach (var process in Orphans())
            _ = kill(process, SigKill);
        MountTable.UnmountAll(Folder);
        Directory.Delete(Folder, recursive: true);
    }

    private IEnumerable<int> Orphans()
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), out var pid))
                continue;

            string command;
            try
            {
                command = File.ReadAllText($"{folder}/cmdline");
            }
            catch (IOException)
            {
                continue; // gone meanwhile
            }

            if (command.Contains(Folder + "/", StringComparison.Ordinal))
                yield return pid;
        }
    }

    private static bool Lives(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[stat.LastIndexOf(')') + 2] != 'Z';
        }
        catch (IOException)
        {
            return false;
        }
    }

    private async Task End(int signal)
    {
        if (_daemon is null)
            return;
        if (!_daemon.HasExited)
        {
            Send(signal);
            await _daemon.WaitForExitAsync().WaitAsync(Patience);
        }

        _daemon.Dispose();
        _daemon = null;
    }

    private void Send(int signal)
    {
        if (kill(_daemon!.Id, signal) != 0)
            throw new InvalidOperationException($"Signal {signal} could not be sent to dockerd.");
    }

    private const int SigKill = 9;
    private const int SigTerm = 15;
    private const int SigCont = 18;
    private const int SigStop = 19;

    [DllImport("libc", SetLastError = true)]
    private static extern int kill(int pid, int signal);
}
