using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Vexa.Workspaces;

namespace Vexa.Tests.Workspaces;

public sealed class BundleHeadTests
{
    private const string A = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private const string B = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    private const string Pack = "PACK\0\0\0\u0002\0\0\0\u0007";

    [Fact]
    public void What_is_written_is_what_is_read()
    {
        using var stream = new MemoryStream([.. Bundle.Head([A], [new BundleRef(B, "refs/heads/main")]).Span, .. Encoding.ASCII.GetBytes(Pack)]);
        var read = Bundle.Read(stream);

        Assert.Equal([A], read.Prerequisites);
        Assert.Equal([new BundleRef(B, "refs/heads/main")], read.Refs);
        Assert.Equal(7, read.Objects);
        Assert.Equal(stream.Length - Pack.Length, stream.Position);
    }

    [Fact]
    public void A_bundle_of_ours_names_as_many_commits_as_it_has_to_and_an_agents_does_not()
    {
        using var stream = new MemoryStream([.. Bundle.Head(Enumerable.Repeat(A, 100), [new BundleRef(B, "refs/heads/main")]).Span, .. Encoding.ASCII.GetBytes(Pack)]);
        Assert.Throws<InvalidDataException>(() => Bundle.Read(stream));
        stream.Position = 0;
        Assert.Equal(100, Bundle.ReadOurs(stream).Prerequisites.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData("# v3 git bundle\n@object-format=sha1\n\n" + Pack)]
    [InlineData("# v2 git bundle\n" + A + " refs/heads/main\n")]
    [InlineData("# v2 git bundle\n" + A + " refs/heads/main\n\nPACK")]
    [InlineData("# v2 git bundle\n-short\n\n" + Pack)]
    [InlineData("# v2 git bundle\n" + A + "\n\n" + Pack)]
    [InlineData("# v2 git bundle\n--upload-pack=touch /tmp/x;aaaaaaaaaaaaaaaaaaaaaaaa refs/heads/main\n\n" + Pack)]
    public void What_is_no_bundle_is_refused(string text)
    {
        using var stream = new MemoryStream(Encoding.ASCII.GetBytes(text));
        Assert.Throws<InvalidDataException>(() => Bundle.Read(stream));
    }

    [Fact]
    public void Any_bytes_are_read_or_refused_and_nothing_else() => Prop.ForAll<byte[]>(bytes =>
    {
        using var stream = new MemoryStream([.. "# v2 git bundle\n"u8, .. bytes]);
        try
        {
            return Bundle.Read(stream) is not null;
        }
        catch (InvalidDataException)
        {
            return true;
        }
    }).QuickCheckThrowOnFailure();
}
