using Vexa.IntegrationTests.Drivers;
using Vexa.Workspaces;

namespace Vexa.IntegrationTests.Workspaces.S3;

/// <summary>On a server that ignores the conditions of a put: one process, under a lease.</summary>
public sealed class LeasedS3Tests : S3BucketTests
{
    private OpenedBucket _opened = null!;

    private protected override Task<CephServer> Server() => SharedCeph.WithoutConditions();

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _opened = await OpenSettings();
        Assert.True(_opened.IsLeased);
    }

    protected override IBucket Open() => _opened.Bucket;
}
