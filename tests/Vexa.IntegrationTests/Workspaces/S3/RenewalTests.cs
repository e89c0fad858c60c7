using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Vexa.IntegrationTests.Drivers;
using Vexa.Workspaces;

namespace Vexa.IntegrationTests.Workspaces.S3;

/// <summary>Renewals of a writer lease that fail in ways of which nobody has thought.</summary>
public sealed class RenewalTests
{
    [Fact]
    public async Task The_lease_is_renewed_again_afterwards_and_given_up_in_the_end()
    {
        var settings = (await SharedCeph.WithoutConditions()).At(SharedCeph.Bucket, Guid.NewGuid().ToString("n"));
        var (store, times) = (new Stumbling(), S3BucketTests.QuickTimes with { Lasts = TimeSpan.FromSeconds(4) });
        var opened = await OpenedBucket.Open(settings, store, new Opening(times, TimeProvider.System, NullLogger.Instance), Stop);
        await Put(opened);

        store.Stumbles = true;
        await Until.IsTrue(async () => await Record.ExceptionAsync(() => Put(opened)) as VexaException is { Rule: "writer-lease-lost" } lost ? lost : null);
        store.Stumbles = false;
        await Until.IsTrue(async () => await Record.ExceptionAsync(() => Put(opened)) is null ? "" : null);

        await opened.DisposeAsync();
        using var objects = new S3Objects(settings.Address, settings.S3, TimeProvider.System, NullLogger.Instance);
        Assert.True((await new Claim(objects).Read(Stop))!.Released);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static Task Put(OpenedBucket opened) => opened.Bucket.Put("k", Encoding.ASCII.GetBytes("x"), PutCondition.None, Stop);

    /// <summary>Has one holder, and falls over at times.</summary>
    private sealed class Stumbling : ILeaseStore
    {
        private readonly string _domain = Guid.NewGuid().ToString("N");

        public bool Stumbles { get; set; }

        public Task<string> Domain(CancellationToken ct) => Task.FromResult(_domain);

        public Task<long?> TryTake(string bucket, string holder, long above, TimeSpan lasts, CancellationToken ct) => Task.FromResult<long?>(above + 1);

        public Task<bool> Extend(string bucket, string holder, TimeSpan lasts, CancellationToken ct) => Stumbles ? throw new InvalidOperationException("It fell over.") : Task.FromResult(true);

        public Task GiveUp(string bucket, string holder, CancellationToken ct) => Task.CompletedTask;
    }
}
