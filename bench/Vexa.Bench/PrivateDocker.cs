using System.Diagnostics;
using Vexa.Docker;

namespace Vexa.Bench;

/// <summary>A Docker engine of the bench's own, in a folder of its own, without a network.</summary>
internal sealed class PrivateDocker : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly string _folder = Directory.CreateTempSubdirectory("vexa-bench-docker-").FullName;
    private readonly DockerEngine _engine;
    private readonly Process _daemon;

    private PrivateDocker()
    {
        _engine = new DockerEngine($"{_folder}/docker.sock", TimeProvider.System);
        var start = new ProcessStartInfo("/bin/sh",
        [
            "-c", "exec \"$@\" >>\"$0\" 2>&1", $"{_folder}/log",
            "dockerd", "--host", Address, "--data-root", $"{_folder}/data", "--exec-root", $"{_folder}/exec", "--pidfile", $"{_folder}/pid",
            "--config-file", $"{_folder}/daemon.json", "--storage-driver", "overlay2", "--exec-opt", "native.cgroupdriver=cgroupfs",
            "--bridge", "none", "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false", "--shutdown-timeout", "3",
        ]);
        start.Environment["PATH"] = Programs.Path;
        File.WriteAllText($"{_folder}/daemon.json", "{}");
        _daemon = Process.Start(start)!;
    }

    public string Address => $"unix://{_folder}/docker.sock";

    public static async Task<PrivateDocker> Start()
    {
        var docker = new PrivateDocker();
        for (var since = Stopwatch.GetTimestamp(); ;)
        {
            try
            {
                _ = await docker._engine.Info(CancellationToken.None);
                return docker;
            }
            catch (EngineUnavailableException) when (!docker._daemon.HasExited && Stopwatch.GetElapsedTime(since) < Patience)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
            catch (EngineUnavailableException)
            {
                var log = await File.ReadAllTextAsync($"{docker._folder}/log");
                await docker.DisposeAsync();
                throw new InvalidOperationException($"dockerd does not answer: {log}");
            }
        }
    }

    /// <summary>The yardstick: <c>docker run --rm</c> of the image that the node has loaded, without a network, as ours.</summary>
    public async Task<TimeSpan> RunTrue()
    {
        var image = (await Docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}")).Split('\n')[0];
        return await Measure.Time(() => Docker("run", "--rm", "--network", "none", image, "true"));
    }

    public async ValueTask DisposeAsync()
    {
        _engine.Dispose();
        if (!_daemon.HasExited)
        {
            using var stop = Process.Start("kill", ["-TERM", _daemon.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            await _daemon.WaitForExitAsync().WaitAsync(Patience);
        }

        _daemon.Dispose();
        // What an engine keeps mounted in its own folders although it has ended.
        using (var unmount = Process.Start("sh", ["-c", "awk -v f=\"$0/\" 'index($5, f) == 1 {print $5}' /proc/self/mountinfo | sort -r | xargs -r umount -l", _folder]))
            await unmount.WaitForExitAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<string> Docker(params string[] arguments)
    {
        using var docker = Process.Start(new ProcessStartInfo("docker", ["--host", Address, .. arguments]) { RedirectStandardOutput = true })!;
        var output = await docker.StandardOutput.ReadToEndAsync();
        await docker.WaitForExitAsync();
        return docker.ExitCode == 0 ? output : throw new InvalidOperationException($"docker {arguments[0]} failed.");
    }
}
