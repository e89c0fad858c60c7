using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Vexa.Workspaces;

namespace Vexa.IntegrationTests.Workspaces;

/// <summary>What we write without git is what git would have written.</summary>
public sealed class LooseObjectTests : WorkspaceFixture
{
    [Fact]
    public async Task A_commit_that_is_written_without_git_has_the_name_and_the_content_that_git_gives_it()
    {
        var random = new Random(20261121);
        var repository = Path.Combine(Folder, "repository");
        BareRepository.Make(repository);
        var git = new Git(new WorkspaceOptions { CacheFolder = Folder }, TimeProvider.System, NullLogger.Instance);
        for (var i = 0; i < 20; i++)
        {
            var message = string.Concat(Enumerable.Range(0, random.Next(0, 1 << random.Next(16))).Select(_ => char.ConvertFromUtf32(random.Next(32, 0xd7ff))));
            var content = CommitText.Of("4b825dc642cb6eb9a060e54bf8d69288fbee4904", [], Agent.Subject, DateTimeOffset.UnixEpoch.AddSeconds(random.Next()), message + "\n");

            var name = LooseObject.WriteCommit(Path.Combine(repository, "objects"), content);

            var named = await git.Run(new GitCall(new GitFolders(repository), "hash-object", "-t", "commit", "--stdin") { Input = new MemoryStream(content) }, Stop);
            Assert.Equal(name + "\n", Encoding.ASCII.GetString(named.Span));
            var read = await git.Run(new GitCall(new GitFolders(repository), "cat-file", "commit", name), Stop);
            Assert.Equal(content, read.ToArray());
            Assert.Equal(name, LooseObject.WriteCommit(Path.Combine(repository, "objects"), content));
        }

        Assert.Equal(20, Directory.GetDirectories(Path.Combine(repository, "objects")).Where(folder => Path.GetFileName(folder).Length == 2).Sum(folder => Directory.GetFiles(folder).Length));
    }
}
