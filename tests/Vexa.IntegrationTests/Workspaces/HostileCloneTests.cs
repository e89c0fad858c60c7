using System.Diagnostics;
using Vexa.Cli.Commands;
using Vexa.Identity;

namespace Vexa.IntegrationTests.Workspaces;

/// <summary>A copy that somebody gave to a person, who looks with <c>vexa verify</c> whether it can be trusted.</summary>
public sealed class HostileCloneTests : IDisposable
{
    private static readonly string Nowhere = new('a', 40);
    private readonly string _folder = Directory.CreateTempSubdirectory("vexa-hostile-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("remote.origin.uploadpack", ".")]
    [InlineData("core.sshCommand", "ssh://nowhere.invalid/x")]
    [InlineData("core.gitProxy", "git://nowhere.invalid/x")]
    public async Task What_a_clone_says_that_git_should_run_is_not_run(string setting, string url)
    {
        var (clone, trace, program) = (Path.Combine(_folder, "clone"), Path.Combine(_folder, "trace"), Path.Combine(_folder, "program"));
        await File.WriteAllTextAsync(program, $"#!/bin/sh\ntouch '{trace}'\n", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await Git("init", "-q", clone);
        foreach (var (name, value) in new[] { ("core.repositoryFormatVersion", "1"), ("extensions.partialClone", "origin"), ("remote.origin.promisor", "true"), ("remote.origin.url", url), (setting, program) })
            await Git("-C", clone, "config", name, value);
        // git itself obeys it: it looks for what is missing.
        await Git("-C", clone, "rev-parse", "--verify", Nowhere + "^{commit}");
        Assert.True(File.Exists(trace));
        File.Delete(trace);

        var keys = Path.Combine(_folder, "keys");
        using var key = SigningKey.LoadOrCreate(keys);
        Assert.Equal(ExitCodes.Failed, await CommandTree.Create().Run(["verify", Nowhere, "--from", clone, "--keys", keys]));
        Assert.False(File.Exists(trace));
    }

    private static async Task Git(params string[] arguments)
    {
        var start = new ProcessStartInfo("git", arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        (start.Environment["GIT_CONFIG_GLOBAL"], start.Environment["GIT_TERMINAL_PROMPT"]) = ("/dev/null", "0");
        using var git = Process.Start(start)!;
        await Task.WhenAll(git.StandardError.ReadToEndAsync(), git.StandardOutput.ReadToEndAsync());
        await git.WaitForExitAsync();
    }
}
