using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace Vexa.Bench;

/// <summary>A workspace of a size, of files of 1 MB that do not compress, as the bundle that control would send.</summary>
internal sealed class LargeRepository : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vexa-large-").FullName;

    public string Commit { get; private set; } = "";

    public string Bundle => Path.Combine(_folder, "bundle");

    public static async Task<LargeRepository> Create(int megabytes)
    {
        var repository = new LargeRepository();
        await repository.Git("init", "-q", "--initial-branch=main");
        for (var i = 0; i < megabytes; i++)
            await File.WriteAllBytesAsync(Path.Combine(repository._folder, string.Create(CultureInfo.InvariantCulture, $"file-{i}")), RandomNumberGenerator.GetBytes(1 << 20));
        await repository.Git("add", "--all");
        await repository.Git("commit", "-q", "-m", "large");
        repository.Commit = (await repository.Git("rev-parse", "HEAD")).Trim();
        await repository.Git("bundle", "create", "-q", repository.Bundle, "refs/heads/main");
        return repository;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<string> Git(params string[] arguments)
    {
        string[] settings = ["-c", "core.compression=0", "-c", "core.bigFileThreshold=512k", "-c", "gc.auto=0", "-c", "user.name=bench", "-c", "user.email=bench@localhost"];
        using var git = Process.Start(new ProcessStartInfo("git", [.. settings, .. arguments]) { WorkingDirectory = _folder, RedirectStandardOutput = true })!;
        var output = await git.StandardOutput.ReadToEndAsync();
        await git.WaitForExitAsync();
        return git.ExitCode == 0 ? output : throw new InvalidOperationException($"git {arguments[0]} failed.");
    }
}
