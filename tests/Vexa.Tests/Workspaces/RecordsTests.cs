using Vexa.Workspaces;

namespace Vexa.Tests.Workspaces;

public sealed class RecordsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FolderBucket _bucket;
    private readonly Records _records;

    public RecordsTests()
    {
        _bucket = new FolderBucket(_folder["bucket"]);
        _records = new Records(_bucket);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_record_is_created_once_and_replaced_only_as_it_was_read()
    {
        var type = VexaJson.Default.TurnOccurrence;
        var one = new TurnOccurrence(Id.Parse<DispatchId>("d1"), Id.Parse<TurnId>("t1"));
        var two = one with { Turn = Id.Parse<TurnId>("t2") };

        await _records.Create("occurrences/a", one, type, Stop);
        Assert.False(await _records.TryCreate("occurrences/a", two, type, Stop));
        Assert.Equal(409, (await Assert.ThrowsAsync<VexaException>(() => _records.Create("occurrences/a", two, type, Stop))).Status);
        var read = (await _records.Read("occurrences/a", type, Stop))!;
        Assert.Equal(one, read.Value);
        Assert.NotNull(await _records.Replace("occurrences/a", two, read.ETag, type, Stop));
        Assert.Null(await _records.Replace("occurrences/a", one, read.ETag, type, Stop));
        Assert.Equal(two, (await _records.Read("occurrences/a", type, Stop))!.Value);
        Assert.Equal(["occurrences/a"], await _records.List("occurrences/", Stop));
        Assert.Null(await _records.Read("occurrences/b", type, Stop));
    }

    [Fact]
    public async Task A_record_that_is_not_one_is_named()
    {
        await _bucket.Put("occurrences/a", "{\"dispatch\":"u8.ToArray(), PutCondition.None, Stop);
        var failure = await Assert.ThrowsAsync<VexaException>(() => _records.Read("occurrences/a", VexaJson.Default.TurnOccurrence, Stop));

        Assert.Equal("record-damaged", failure.Rule);
        Assert.Contains("occurrences/a", failure.Message, StringComparison.Ordinal);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;
}
