using Vexa.IntegrationTests.Drivers;

namespace Vexa.IntegrationTests.Dispatches;

/// <summary>A disk that is full is told by name, loses nothing, and is over as soon as there is room again.</summary>
public sealed class FullDiskTests : IAsyncLifetime
{
    private RunningStack _stack = null!;

    private string Filler => Path.Combine(_stack.Data, "filler");

    public async ValueTask InitializeAsync() => _stack = await RunningStack.Start(diskMb: 64);

    public ValueTask DisposeAsync() => _stack is null ? ValueTask.CompletedTask : _stack.DisposeAsync();

    [Fact]
    public async Task A_message_that_cannot_be_recorded_is_refused_and_the_next_one_works()
    {
        var before = await _stack.Ask("echo kept > kept.txt");
        await _stack.AwaitEnd(before.Dispatch);
        Fill();

        var refused = await Assert.ThrowsAsync<VexaException>(() => _stack.Ask("echo more > more.txt"));
        Assert.Equal(("bucket-full", 507), (refused.Rule, refused.Status));
        Assert.Equal("kept", (await _stack.ReadFile(Id.Parse<WorkspaceId>("home"), "kept.txt")).Trim());

        File.Delete(Filler);
        var after = await _stack.Ask("cat kept.txt; echo more > more.txt");
        Assert.True(after.Complete.Ok, after.Error?.Message);
        Assert.Contains("kept", after.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_turn_under_way_waits_for_room_and_loses_no_frame()
    {
        var log = new TurnLog();
        await foreach (var unitEvent in _stack.Chat(log, "for i in 1 2 3 4 5 6; do echo line $i; sleep 0.5; done; echo kept > kept.txt"))
            if (unitEvent is MessageDelta { Text: var text } && text.Contains("line 2", StringComparison.Ordinal))
            {
                Fill();
                _ = Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, TestContext.Current.CancellationToken).ContinueWith(_ => File.Delete(Filler), TaskScheduler.Default);
            }

        Assert.Equal(Enumerable.Range(1, 6).Select(i => $"line {i}"), log.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        var run = await _stack.AwaitEnd(log.Dispatch);
        Assert.Equal(log.Complete.Ok, Assert.Single(run.Turns).Ok);
        var events = await _stack.Events(log.Dispatch);
        Assert.Equal(Enumerable.Range(1, events.Count).Select(i => (long)i), events.Select(e => e.Seq));
        Assert.Single(events.OfType<TurnComplete>());

        // Kept, or told that it was not.
        Assert.Equal(log.Complete.Ok, log.Events.OfType<Commit>().Any());
        Assert.Equal(log.Complete.Ok, log.Error is null);
    }

    private void Fill()
    {
        using var file = File.Create(Filler);
        var block = new byte[64 * 1024];
        try
        {
            while (true)
                file.Write(block);
        }
        catch (IOException)
        {
            // That was the last of it: now not even a byte fits.
        }
    }
}
