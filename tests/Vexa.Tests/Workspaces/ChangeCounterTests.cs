using System.Text;
using Vexa.Workspaces;

namespace Vexa.Tests.Workspaces;

public sealed class ChangeCounterTests
{
    private static readonly string One = new('1', 40);
    private static readonly string Two = new('2', 40);

    [Fact]
    public void Lines_and_files_of_each_commit_are_counted_wherever_the_output_is_cut()
    {
        var path = new string('p', 300);
        var output = Encoding.UTF8.GetBytes($"{One}\03\t1\ta\0-\t-\tpicture\010\t0\t{path}\0{Two}\00\t7\t{One}\0");
        for (var size = 1; size <= output.Length; size++)
            Assert.Equal([new ChangeCount(3, 13, 1), new ChangeCount(1, 0, 7)], Count(output, size));
    }

    [Fact]
    public void Files_alone_are_counted_whatever_they_are_called()
    {
        var blobs = $"100644 100644 {One} {Two} M";
        var output = Encoding.UTF8.GetBytes($"{One}\0:{blobs}\0{Two}\0:{blobs}\0:looks like one\0:{blobs}\0{new string('p', 300)}\0{Two}\0");
        for (var size = 1; size <= output.Length; size++)
            Assert.Equal([new ChangeCount(3, 0, 0), default], Count(output, size));
    }

    [Fact]
    public void Sums_beyond_what_a_number_holds_stay_at_its_end() =>
        Assert.Equal([new ChangeCount(2, int.MaxValue, 0)], Count(Encoding.UTF8.GetBytes($"{One}\0{int.MaxValue}\t0\ta\05\t0\tb\0"), 1000));

    private static IReadOnlyList<ChangeCount> Count(byte[] output, int size)
    {
        using var counter = new ChangeCounter();
        foreach (var part in output.Chunk(size))
            counter.Write(part);

        return counter.Counts;
    }
}
