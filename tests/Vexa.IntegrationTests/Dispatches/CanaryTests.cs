using System.Security.Cryptography;
using System.Text;
using Vexa.IntegrationTests.Drivers;

namespace Vexa.IntegrationTests.Dispatches;

/// <summary>Nothing that people and agents say or write is on the disk in clear, at any time.</summary>
public sealed class CanaryTests : IAsyncLifetime
{
    private RunningStack _stack = null!;

    public async ValueTask InitializeAsync() => _stack = await RunningStack.Start();

    public ValueTask DisposeAsync() => _stack is null ? ValueTask.CompletedTask : _stack.DisposeAsync();

    [Fact]
    public async Task What_is_asked_answered_written_and_put_out_is_nowhere_on_the_disk()
    {
        var canary = RandomNumberGenerator.GetHexString(32, lowercase: true);
        var workspace = await _stack.CreateWorkspace("notes", new Dictionary<string, string> { [$"{canary}-made.md"] = canary });
        // Prompt, answer, the container's own output, a file, its name.
        var log = await _stack.Ask($"echo {canary}; echo {canary} >&2; echo {canary} > {canary}.md", workspaces: [new(workspace, AccessMode.Rw)], idle: 600);
        Assert.True(log.Complete.Ok, log.Error?.Message);
        Assert.Contains(canary, log.Text, StringComparison.Ordinal);

        // While it lives; the same search finds it where it may be.
        Assert.Empty(Find(_stack.Data, canary));
        Assert.NotEmpty(Find(_stack.Run, canary));

        var ended = await _stack.Ask($"cat {canary}.md", workspaces: [new(workspace, AccessMode.Rw)]);
        Assert.Contains(canary, ended.Text, StringComparison.Ordinal);
        await _stack.AwaitEnd(ended.Dispatch);
        await _stack.Vexa("runs");
        Assert.Contains(canary, await _stack.ReadFile(workspace, $"{canary}.md"), StringComparison.Ordinal);
        Assert.Empty(Find(_stack.Data, canary));

        var (exit, _, errors) = await _stack.Vexa("down");
        Assert.True(exit == 0, errors);
        Assert.Empty(Find(_stack.Data, canary));
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(_stack.Data, "bucket", "transcripts")));
    }

    // Names count too. What is not a plain file holds nothing: sockets, and mounts of containers.
    private static List<string> Find(string folder, string canary)
    {
        var (text, found) = (Encoding.ASCII.GetBytes(canary), new List<string>());
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true }))
            if (file.FullName.Contains(canary, StringComparison.Ordinal) || (file.Length > 0 && Read(file.FullName).AsSpan().IndexOf(text) >= 0))
                found.Add(file.FullName);

        return found;
    }

    private static byte[] Read(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (IOException)
        {
            // It went meanwhile, as temporary files do.
            return [];
        }
    }
}
