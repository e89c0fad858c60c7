using Vexa.Runtime.Native;

namespace Vexa.Tests.Runtime;

public sealed class CommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vexa-command-").FullName;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/nowhere/at-all")]
    [InlineData("no-such-program-anywhere")]
    public async Task A_program_that_is_not_there_is_missing(string program)
    {
        await Assert.ThrowsAsync<CommandMissingException>(() => new Command(program, []).Run(Ct));
        await Assert.ThrowsAsync<CommandMissingException>(() => new Command(program, []).RunDetached(Ct));
    }

    [Fact]
    public async Task A_program_that_may_not_be_run_is_missing()
    {
        var file = Path.Combine(_folder, "data");
        await File.WriteAllTextAsync(file, "#!/bin/sh\n", Ct);
        await Assert.ThrowsAsync<CommandMissingException>(() => new Command(file, []).Run(Ct));
    }

    [Fact]
    public async Task A_program_that_is_there_and_is_not_started_is_not_called_missing()
    {
        // One argument may have 128 KiB: the kernel refuses it in the new process, as it does where it has no memory for one.
        string[] tooLong = [new('x', 200_000)];
        var refused = await Assert.ThrowsAsync<CommandNotStartedException>(() => new Command("/bin/true", tooLong).Run(Ct));
        Assert.Equal("true could not be started", refused.Message.Split(':')[0]);
        await Assert.ThrowsAsync<CommandNotStartedException>(() => new Command("/bin/true", tooLong).RunDetached(Ct));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
