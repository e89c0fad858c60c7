using Microsoft.Extensions.Logging.Abstractions;
using Vexa.IntegrationTests.Drivers;
using Vexa.Workspaces;

namespace Vexa.IntegrationTests.Workspaces.S3;

/// <summary>On a server that obeys the conditions of a put: any number of processes.</summary>
public sealed class ConditionalS3Tests : S3BucketTests
{
    private protected override Task<CephServer> Server() => SharedCeph.WithConditions();

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Assert.False((await OpenSettings()).IsLeased);
    }

    protected override IBucket Open() => new S3Bucket(Conditional());

    [Fact]
    public async Task The_probe_finds_how_the_server_wants_conditions_and_leaves_nothing()
    {
        var found = await OpenedBucket.Probe(Settings, new Opening(QuickTimes, TimeProvider.System, NullLogger.Instance), Stop);

        Assert.Equal(Found, found);
        using var objects = Objects();
        Assert.Empty(await objects.List("", Stop));
    }

    // As the probe finds it; each client probing for itself would only take time.
    internal static readonly S3Support Found = new(Conditions: true, ConditionsOnParts: false, QuotedETags: false, Parts: true);

    private S3Objects Conditional(HttpMessageHandler? handler = null)
    {
        var objects = Objects(handler);
        objects.Support = Found;
        return objects;
    }
}
