using Vexa.Cli.Attack;

namespace Vexa.Tests.Attacks;

public sealed class TryOutsTests
{
    [Fact]
    public void Each_is_read_with_its_end_and_its_last_word()
    {
        var read = TryOuts.Read("::begin A01\n| one\n| two\n::end A01 exit=1 ms=12\n::begin B02\n::end B02 exit=timeout ms=10000\n");

        Assert.Equal([("A01", "1", 12, "two"), ("B02", "timeout", 10000, "")], read.Select(r => (r.Id, r.End, r.Milliseconds, r.Said)));
    }

    [Fact]
    public void One_without_an_end_is_lost()
    {
        var read = TryOuts.Read("::begin A01\n| so far\n::begin A02\n| done\n::end A02 exit=0 ms=1\n::begin A03\n");

        Assert.Equal([("A01", "lost", "so far"), ("A02", "0", "done"), ("A03", "lost", "")], read.Select(r => (r.Id, r.End, r.Said)));
    }

    [Fact]
    public void What_an_attack_prints_cannot_pass_for_the_runner()
    {
        var read = TryOuts.Read("::begin A01\n| ::end A01 exit=1 ms=1\n::end A02 exit=1 ms=1\nxxxx::begin A05\n::end A01 exit=0 ms=3\n");

        Assert.Equal(("A01", "0"), (Assert.Single(read).Id, read[0].End));
    }

    [Fact]
    public void One_whose_beginning_went_under_still_has_its_end() =>
        Assert.Equal([("C36", "0", "done")], TryOuts.Read("xxxx::begin C36\n| done\n::end C36 exit=0 ms=3\n").Select(r => (r.Id, r.End, r.Said)));
}
