using System.Net;
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

    [Fact]
    public async Task A_server_that_obeys_one_condition_where_an_upload_ends_and_not_the_other_is_trusted_with_neither()
    {
        // The server ignores both there; on the way, one of them is obeyed in its place.
        var way = new Mischief { Decide = (request, _) => EndsUpload(request) && request.Headers.IfNoneMatch.Count > 0 ? Fate.Fail(HttpStatusCode.PreconditionFailed, "PreconditionFailed") : null };
        Assert.False((await OpenedBucket.Probe(Settings, new Opening(QuickTimes, TimeProvider.System, NullLogger.Instance, way), Stop)).ConditionsOnParts);

        way.Decide = (request, _) => EndsUpload(request) ? Fate.Fail(HttpStatusCode.PreconditionFailed, "PreconditionFailed") : null;
        Assert.True((await OpenedBucket.Probe(Settings, new Opening(QuickTimes, TimeProvider.System, NullLogger.Instance, way), Stop)).ConditionsOnParts);
    }

    private static bool EndsUpload(HttpRequestMessage request) =>
        request.Method == HttpMethod.Post && request.RequestUri!.Query.Contains("uploadId=", StringComparison.Ordinal);

    // As the probe finds it; each client probing for itself would only take time.
    internal static readonly S3Support Found = new(Conditions: true, ConditionsOnParts: false, QuotedETags: false, Parts: true);

    private S3Objects Conditional(HttpMessageHandler? handler = null)
    {
        var objects = Objects(handler);
        objects.Support = Found;
        return objects;
    }
}
