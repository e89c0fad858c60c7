using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Vexa.IntegrationTests.Drivers;

namespace Vexa.IntegrationTests.Cli;

/// <summary>Rotating keys and shredding a workspace, as the person at the machine does it, while the stack runs.</summary>
public sealed class SealingCommandTests : IAsyncLifetime
{
    private RunningStack _stack = null!;

    public async ValueTask InitializeAsync() => _stack = await RunningStack.Start();

    public ValueTask DisposeAsync() => _stack is null ? ValueTask.CompletedTask : _stack.DisposeAsync();

    [Fact]
    public async Task Keys_are_rotated_by_a_command_and_everything_still_opens()
    {
        var before = await _stack.Ask("echo kept > kept-over-rotation.txt");
        var (exit, output, errors) = await _stack.Vexa("key", "rotate", "--json");
        Assert.True(exit == 0, errors);
        using var rotation = JsonDocument.Parse(output);

        var lines = await File.ReadAllLinesAsync(Path.Combine(_stack.Data, "keys", "seal.keys"), TestContext.Current.CancellationToken);
        Assert.StartsWith(rotation.RootElement.GetProperty("key_id").GetString()!, lines[^1], StringComparison.Ordinal);
        Assert.True(rotation.RootElement.GetProperty("rewrapped").GetInt64() >= 2);
        Assert.Equal(0, rotation.RootElement.GetProperty("remaining").GetInt64());
        Assert.Equal("kept", (await _stack.ReadFile(Id.Parse<WorkspaceId>("home"), "kept-over-rotation.txt")).Trim());
        Assert.NotNull(await _stack.ReadRun(before.Dispatch));
        await _stack.KillAndAwaitRestart("control");
        Assert.True((await _stack.Ask("cat kept-over-rotation.txt")).Complete.Ok);
    }

    [Fact]
    public async Task A_workspace_is_shredded_once_its_id_was_typed_and_the_certificate_is_signed_by_this_installation()
    {
        var doomed = await _stack.CreateWorkspace("doomed", new Dictionary<string, string> { ["a.md"] = "a" });
        var run = await _stack.Ask("cat a.md", workspaces: [new(doomed, AccessMode.Rw)]);
        await _stack.AwaitEnd(run.Dispatch);
        Assert.NotEmpty(Directory.GetDirectories(Path.Combine(_stack.Run, "snapshots", "doomed")));
        var (refused, _, why) = await _stack.Vexa("workspace", "shred", "doomed");
        Assert.NotEqual(0, refused);
        Assert.Contains("stays", why, StringComparison.Ordinal);
        Assert.Equal("a", await _stack.ReadFile(Id.Parse<WorkspaceId>("doomed"), "a.md"));

        using var process = _stack.StartVexa(closeInput: false, "workspace", "shred", "doomed", "--json");
        await process.StandardInput.WriteLineAsync("doomed");
        process.StandardInput.Close();
        var certificate = JsonSerializer.Deserialize(await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), VexaJson.Default.ShredCertificate)!;
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(("doomed", "owner"), (certificate.Tombstone.Workspace.Value, certificate.Tombstone.By.Value));
        Assert.True(IsSigned(certificate.Signed));
        using var gone = await _stack.Api.GetAsync(new Uri("/v1/workspaces/doomed/tree", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Gone, gone.StatusCode);
        Assert.DoesNotContain(Directory.EnumerateFiles(Path.Combine(_stack.Data, "bucket", "workspaces"), "*", SearchOption.AllDirectories), file => file.Contains("/doomed/", StringComparison.Ordinal));
        // Neither does the node keep anything of it in clear.
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_stack.Run, "snapshots", "doomed")));
        Assert.False(Directory.Exists(Path.Combine(_stack.Run, "git", "doomed")));
    }

    [Theory]
    [InlineData("/v1/keys/rotate")]
    [InlineData("/v1/workspaces/home/shred")]
    public async Task A_token_is_not_enough(string path)
    {
        using var answer = await _stack.Api.PostAsync(new Uri(path, UriKind.Relative), content: null, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Contains("local-only", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_workspace_that_sessions_fall_back_on_stays()
    {
        var (exit, output, _) = await _stack.Vexa("workspace", "shred", "home", "--yes", "--json");

        Assert.NotEqual(0, exit);
        Assert.Contains("home-workspace", output, StringComparison.Ordinal);
    }

    private bool IsSigned(string jws)
    {
        var parts = jws.Split('.');
        using var keys = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(_stack.Data, "keys", "jwks.json")));
        var key = keys.RootElement.GetProperty("keys")[0];
        using var ecdsa = ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new() { X = Base64Url.DecodeFromChars(key.GetProperty("x").GetString()), Y = Base64Url.DecodeFromChars(key.GetProperty("y").GetString()) },
        });
        return ecdsa.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256);
    }
}
