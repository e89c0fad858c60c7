using Microsoft.Extensions.Logging.Abstractions;
using Vexa.IntegrationTests.Drivers;
using Vexa.Workspaces;

namespace Vexa.IntegrationTests.Cli;

/// <summary>The whole stack with its bucket on a real S3 server of either kind.</summary>
public sealed class StackOnS3Tests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_turn_is_kept_on_the_server_also_when_control_starts_anew(bool obeysConditions)
    {
        var server = obeysConditions ? await SharedCeph.WithConditions() : await SharedCeph.WithoutConditions();
        var settings = server.At(SharedCeph.Bucket, Guid.NewGuid().ToString("n"));
        await using var stack = await RunningStack.Start(settings.Reveal().ToDictionary());
        var turn = await stack.Ask("echo kept > kept.txt; echo done");
        Assert.True(turn.Complete.Ok, string.Join('\n', turn.Events));
        // On the server without conditions it waits first for the end of the lease that nobody gave up.
        await stack.KillAndAwaitRestart("control", within: TimeSpan.FromMinutes(2));
        Assert.True((await stack.Ask("cat kept.txt")).Complete.Ok);

        Assert.Equal("kept", (await stack.ReadFile(Id.Parse<WorkspaceId>("home"), "kept.txt")).Trim());
        Assert.False(Directory.Exists(Path.Combine(stack.Data, "bucket")));
        using var objects = new S3Objects(settings.Address, settings.S3, TimeProvider.System, NullLogger.Instance);
        Assert.Equal(!obeysConditions, await new Claim(objects).Read(TestContext.Current.CancellationToken) is not null);

        var (_, doctor, _) = await stack.Vexa("doctor", "--json");
        Assert.Contains(obeysConditions ? "opens the bucket" : "no conditional writes", doctor, StringComparison.Ordinal);
        Assert.DoesNotContain(settings.S3.SecretKey!.Reveal(), doctor, StringComparison.Ordinal);
        foreach (var log in Directory.GetFiles(Path.Combine(stack.Data, "logs")))
            Assert.DoesNotContain(settings.S3.SecretKey!.Reveal(), await File.ReadAllTextAsync(log, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }
}
