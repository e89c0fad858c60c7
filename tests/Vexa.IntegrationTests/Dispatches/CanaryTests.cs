using System.Security.Cryptography;
using Vexa.IntegrationTests.Drivers;

namespace Vexa.IntegrationTests.Dispatches;

/// <summary>Nothing that people and agents say or write is on the disk in clear, at any time.</summary>
public sealed class CanaryTests : IAsyncLifetime
{
    private readonly string _temporary = Directory.CreateTempSubdirectory("vexa-canary-").FullName;
    private RunningStack _stack = null!;

    public async ValueTask InitializeAsync() => _stack = await RunningStack.Start(new Dictionary<string, string> { ["TMPDIR"] = _temporary });

    public async ValueTask DisposeAsync()
    {
        await (_stack?.DisposeAsync() ?? ValueTask.CompletedTask);
        Directory.Delete(_temporary, recursive: true);
    }

    [Fact]
    public async Task What_is_asked_answered_written_and_put_out_is_nowhere_on_the_disk()
    {
        var canary = RandomNumberGenerator.GetHexString(32, lowercase: true);
        var workspace = await _stack.CreateWorkspace("notes", new Dictionary<string, string> { [$"{canary}-made.md"] = canary });
        // Prompt, answer, the container's own output, a file, its name.
        var log = await _stack.Ask($"echo {canary}; echo {canary} >&2; echo {canary} > {canary}.md", workspaces: [new(workspace, AccessMode.Rw)], idle: 600);
        Assert.True(log.Complete.Ok, log.Error?.Message);
        Assert.Contains(canary, log.Text, StringComparison.Ordinal);

        // While it lives; the same searches find it where it may be, and where it was put in clear on purpose.
        NothingIsInClear(canary);
        Assert.NotEmpty(Plaintext.Find(_stack.Run, canary));
        var packs = Plaintext.FindDeflated(Path.Combine(_stack.Run, "git", "notes"), canary);
        Assert.NotEmpty(packs);
        Assert.Equal(packs.Order(), Plaintext.FindPacks(Path.Combine(_stack.Run, "git", "notes")).Intersect(packs).Order());
        var planted = Path.Combine(_stack.Data, "bucket", "workspaces", "notes", "planted");
        File.Copy(packs[0], planted);
        Assert.Throws<Xunit.Sdk.EmptyException>(() => NothingIsInClear(canary));
        File.Delete(planted);

        var ended = await _stack.Ask($"cat {canary}.md", workspaces: [new(workspace, AccessMode.Rw)]);
        Assert.Contains(canary, ended.Text, StringComparison.Ordinal);
        await _stack.AwaitEnd(ended.Dispatch);
        await _stack.Vexa("runs");
        Assert.Contains(canary, await _stack.ReadFile(workspace, $"{canary}.md"), StringComparison.Ordinal);
        NothingIsInClear(canary);

        var (exit, _, errors) = await _stack.Vexa("down");
        Assert.True(exit == 0, errors);
        NothingIsInClear(canary);
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(_stack.Data, "bucket", "transcripts")));
    }

    private void NothingIsInClear(string canary)
    {
        foreach (var folder in (string[])[_stack.Data, _temporary])
        {
            Assert.Empty(Plaintext.Find(folder, canary));
            Assert.Empty(Plaintext.FindDeflated(folder, canary));
            Assert.Empty(Plaintext.FindPacks(folder));
        }

        // Keys are wrapped, and locks are empty.
        var bucket = Path.Combine(_stack.Data, "bucket");
        Assert.DoesNotContain(Plaintext.FindOthersThan(bucket, "VEXASEAL"u8), file => !file.StartsWith(Path.Combine(bucket, "keys") + "/", StringComparison.Ordinal));
    }
}
