using Microsoft.Extensions.Logging.Abstractions;
using Vexa.Door;
using Vexa.Door.Listeners;

namespace Vexa.Tests.Door;

public sealed class DoorSocketsTests
{
    [Fact]
    public async Task A_dispatch_that_is_opened_by_many_at_once_has_one_listener()
    {
        var run = Directory.CreateTempSubdirectory("vexa-door-").FullName;
        try
        {
            var options = new DoorOptions { RunFolder = run, KeysFolder = run, Redis = new() { UnixSocket = run }, Inference = new() { Endpoint = "unix:/none" } };
            await using var sockets = new DoorSockets(options, NullLogger<DoorSockets>.Instance);
            var dispatches = Enumerable.Range(1, 50).Select(i => Id.Parse<DispatchId>($"d-{i}")).ToList();
            foreach (var dispatch in dispatches)
            {
                using var start = new Barrier(4);
                await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(() =>
                {
                    start.SignalAndWait();
                    sockets.Open(dispatch);
                }, TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
            }

            var listening = File.ReadLines("/proc/net/unix").Where(line => line.Contains(run, StringComparison.Ordinal)).Select(line => Path.GetFileName(Path.GetDirectoryName(line)!)).ToList();
            Assert.Equal(dispatches.Select(d => d.Value).Order(), listening.Order());
        }
        finally
        {
            Directory.Delete(run, recursive: true);
        }
    }

    [Fact]
    public async Task A_listener_that_never_was_is_closed_without_a_word()
    {
        var run = Directory.CreateTempSubdirectory("vexa-door-").FullName;
        try
        {
            var options = new DoorOptions { RunFolder = run, KeysFolder = run, Redis = new() { UnixSocket = run }, Inference = new() { Endpoint = "unix:/none" } };
            await using var sockets = new DoorSockets(options, NullLogger<DoorSockets>.Instance);
            sockets.Reopen();
            await sockets.Close(Id.Parse<DispatchId>("d-1"));
            Assert.Empty(Directory.EnumerateFileSystemEntries(options.ListenersFolder));
        }
        finally
        {
            Directory.Delete(run, recursive: true);
        }
    }
}
