using Vexa.Workspaces;

namespace Vexa.Tests.Workspaces;

public sealed class FolderBucketTests : BucketContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    protected override IBucket Open() => new FolderBucket(_folder["bucket"]);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_a_crash_left_is_swept_at_the_next_start_and_was_never_visible()
    {
        await Open().Put("k", Bytes("whole"), PutCondition.None, Stop);
        var (leftover, strangers) = (_folder[$"bucket/.tmp/{Guid.NewGuid():N}"], _folder["bucket/.tmp/mine.txt"]);
        await File.WriteAllTextAsync(leftover, "half", Stop);
        await File.WriteAllTextAsync(strangers, "a person's", Stop);

        var bucket = Open();

        Assert.False(File.Exists(leftover));
        Assert.True(File.Exists(strangers));
        Assert.Equal(["k"], await bucket.List("", Stop));
    }

    [Fact]
    public async Task A_start_does_not_sweep_what_another_process_is_writing()
    {
        var bucket = Open();
        using var slow = new GatedStream();
        var put = bucket.Put("k", slow, PutCondition.None, Stop);
        await slow.Reading;

        _ = Open();
        slow.Release();

        Assert.NotNull(await put);
        Assert.NotNull(await bucket.Get("k", Stop));
    }

    [Fact]
    public async Task An_unusable_folder_is_the_operators_fault()
    {
        await File.WriteAllTextAsync(_folder["bucket"], "a file where the folder should be", Stop);
        var failure = Assert.Throws<VexaException>(Open);

        Assert.Equal(("bucket-unavailable", Party.Operator, 503), (failure.Rule, failure.Party, failure.Status));
    }

    private sealed class GatedStream : MemoryStream
    {
        private readonly TaskCompletionSource _reading = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public GatedStream() : base("content"u8.ToArray())
        {
        }

        public Task Reading => _reading.Task;

        public void Release() => _release.TrySetResult();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _reading.TrySetResult();
            await _release.Task;
            return await base.ReadAsync(buffer, cancellationToken);
        }
    }
}
