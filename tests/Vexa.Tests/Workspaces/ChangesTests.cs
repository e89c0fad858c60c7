using System.Text;
using Vexa.Workspaces;

namespace Vexa.Tests.Workspaces;

public sealed class ChangesTests
{
    private static readonly string A = new('a', 40), B = new('b', 40), C = new('c', 40);

    [Fact]
    public void What_git_says_of_some_commits_is_told_apart()
    {
        // A file named after an object, one with a tab, one that git counts no lines of; and a commit that changes nothing.
        var output = $"{A}\0:100644 100644 {A} {B} M\0{C}\0:000000 100644 {A} {C} A\0a\tb\0" + $"2\t1\t{C}\0-\t-\ta\tb\0" + $"{B}\0" + $"{C}\0:100644 000000 {A} {B} D\0x\0" + "0\t7\tx\0";
        var all = Changes.ParseAll(Encoding.UTF8.GetBytes(output));

        Assert.Equal([[C, "a\tb"], [], ["x"]], all.Select(changes => changes.Files.Select(file => file.Path)));
        Assert.Equal([(2, 1), (0, 0), (0, 7)], all.Select(changes => (changes.Insertions, changes.Deletions)));
        Assert.Empty(Changes.ParseAll([]));
    }
}
