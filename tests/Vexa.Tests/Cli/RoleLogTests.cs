using System.Text;
using Vexa.Cli.Stack;

namespace Vexa.Tests.Cli;

public sealed class RoleLogTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vexa-log-").FullName;

    [Fact]
    public async Task A_log_is_turned_once_over_its_size_and_loses_no_line_of_the_last_two_files()
    {
        var path = Path.Combine(_folder, "door.log");
        var lines = Enumerable.Range(0, 30).Select(i => $"line {i:00}\n").ToList();
        using (var log = new RoleLog(path, limit: 100))
            await log.Pump(new MemoryStream(Encoding.UTF8.GetBytes(string.Concat(lines.Take(12)))), TestContext.Current.CancellationToken);
        using (var log = new RoleLog(path, limit: 100))
            foreach (var line in lines.Skip(12))
                log.Append(Encoding.UTF8.GetBytes(line));

        Assert.Equal(2, Directory.GetFiles(_folder).Length);
        Assert.All(Directory.GetFiles(_folder), file => Assert.True(new FileInfo(file).Length <= 100));
        var kept = await File.ReadAllTextAsync(path + ".1", TestContext.Current.CancellationToken) + await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
        Assert.EndsWith(kept, string.Concat(lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_without_an_end_is_written_too()
    {
        var path = Path.Combine(_folder, "door.log");
        using var log = new RoleLog(path);
        await log.Pump(new MemoryStream("one\ntwo"u8.ToArray()), TestContext.Current.CancellationToken);

        Assert.Equal(["one", "two"], RoleLog.Tail(path, 10));
        Assert.Equal(["two"], RoleLog.Tail(path, 1));
    }

    [Fact]
    public void A_log_that_cannot_be_turned_takes_lines_again_as_soon_as_it_can()
    {
        var path = Path.Combine(_folder, "door.log");
        using var log = new RoleLog(path, limit: 20);
        log.Append("before the limit\n"u8);
        var obstacle = Directory.CreateDirectory(Path.Combine(path + ".1", "in the way"));
        log.Append("over the limit\n"u8);
        log.Append("over it again\n"u8);
        obstacle.Parent!.Delete(recursive: true);
        log.Append("after\n"u8);

        Assert.Equal(["before the limit"], RoleLog.Tail(path + ".1", 10));
        Assert.Equal(["after"], RoleLog.Tail(path, 10));
    }

    [Fact]
    public void A_process_is_named_by_its_start_too()
    {
        var own = ProcessStamp.Own;

        Assert.True(own.IsAlive);
        Assert.False((own with { StartTicks = own.StartTicks + 1 }).IsAlive);
        Assert.False((own with { Boot = "another" }).IsAlive);
        Assert.Null(ProcessStamp.Of(int.MaxValue));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
