using System.Diagnostics;

namespace Vexa.IntegrationTests.Runtime;

/// <summary>A real git repository in a temporary folder, to make bundles from.</summary>
internal sealed class TestRepository : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vexa-repo-").FullName;

    public TestRepository()
    {
        Git("init", "-q", "--initial-branch=main");
        File.WriteAllText(Path.Combine(_folder, "notes.md"), "first\n");
        File.WriteAllText(Path.Combine(_folder, "run.sh"), "#!/bin/sh\necho ran\n");
        File.SetUnixFileMode(Path.Combine(_folder, "run.sh"), (UnixFileMode)0x1ED); // 0755
        Directory.CreateDirectory(Path.Combine(_folder, "deep/er"));
        File.WriteAllText(Path.Combine(_folder, "deep/er/file"), "x");
        Commit = CommitAll("first");
    }

    public string Commit { get; private set; }

    public string CommitFile(string name, string content)
    {
        File.WriteAllText(Path.Combine(_folder, name), content);
        return Commit = CommitAll(name);
    }

    /// <summary>A full bundle whose main is the commit.</summary>
    public byte[] Bundle(string commit)
    {
        Git("update-ref", "refs/heads/main", commit);
        var file = Path.Combine(_folder, ".git", "out.bundle");
        Git("bundle", "create", "-q", file, "refs/heads/main");
        return File.ReadAllBytes(file);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string CommitAll(string message)
    {
        Git("add", "-A");
        Git("-c", "user.name=t", "-c", "user.email=t@t", "commit", "-q", "-m", message);
        return Git("rev-parse", "HEAD").Trim();
    }

    private string Git(params string[] arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", arguments) { WorkingDirectory = _folder, RedirectStandardOutput = true })!;
        var output = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        Assert.Equal(0, git.ExitCode);
        return output;
    }
}
