using System.Text;
using Vexa.Runtime.Mounts;

namespace Vexa.Tests.Runtime;

public sealed class GitBundleTests
{
    private const string Main = "refs/heads/main";
    private static readonly string Sha = new('a', 40);

    [Fact]
    public async Task After_the_head_the_stream_stands_at_the_pack()
    {
        using var bundle = Stream($"# v2 git bundle\n{Sha} refs/heads/main\n\nPACK...");
        Assert.Equal(Sha, await GitBundle.ReadHead(bundle, Main, TestContext.Current.CancellationToken));
        Assert.Equal("PACK...", await new StreamReader(bundle).ReadToEndAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("")]
    [InlineData("# v2 git bundle\n")]
    [InlineData("# v9 git bundle\n\n")]
    [InlineData("hello\n\n")]
    [InlineData("# v2 git bundle\n-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa first\nbb refs/heads/main\n\nPACK")]
    [InlineData("# v2 git bundle\nbb refs/heads/other\n\nPACK")]
    public async Task What_is_no_full_bundle_of_main_is_refused(string text)
    {
        using var bundle = Stream(text);
        var fault = await Record.ExceptionAsync(() => GitBundle.ReadHead(bundle, Main, TestContext.Current.CancellationToken));
        Assert.True(fault is InvalidDataException or EndOfStreamException, fault?.ToString());
    }

    [Fact]
    public async Task A_head_without_end_is_refused()
    {
        using var bundle = Stream("# v2 git bundle\n" + new string('x', 1_000_000));
        await Assert.ThrowsAsync<InvalidDataException>(() => GitBundle.ReadHead(bundle, Main, TestContext.Current.CancellationToken));
    }

    private static MemoryStream Stream(string text) => new(Encoding.ASCII.GetBytes(text));
}
