using System.IO.Pipelines;
using Microsoft.Extensions.Logging.Abstractions;
using Vexa.IntegrationTests.Drivers;
using Vexa.Workspaces;

namespace Vexa.IntegrationTests.Workspaces;

/// <summary>A git of ours, while it runs.</summary>
public sealed class GitEnvironmentTests : WorkspaceFixture
{
    [Fact]
    public async Task Git_has_nothing_of_the_environment_of_the_process_that_starts_it()
    {
        var planted = $"VEXA_PLANTED_{Guid.NewGuid():N}";
        Environment.SetEnvironmentVariable(planted, "secret");
        try
        {
            var repository = Path.Combine(Folder, "repository");
            BareRepository.Make(repository);
            var input = new Pipe();
            var git = new Git(new WorkspaceOptions { CacheFolder = Folder }, TimeProvider.System, NullLogger.Instance)
                .Run(new GitCall(new GitFolders(repository), "hash-object", "--stdin") { Input = input.Reader.AsStream() }, Stop);
            var environment = await Until.IsTrue(() => Task.FromResult(EnvironmentWith($"GIT_DIR={repository}")));
            await input.Writer.CompleteAsync();
            await git;

            Assert.Equal(
                [
                    "GIT_ALLOW_PROTOCOL=", "GIT_ATTR_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", $"GIT_DIR={repository}", "GIT_NO_REPLACE_OBJECTS=1",
                    "GIT_OPTIONAL_LOCKS=0", "GIT_PAGER=cat", "GIT_TERMINAL_PROMPT=0", "HOME=/dev/null", "LC_ALL=C", "PATH=/usr/local/bin:/usr/bin:/bin", "TZ=UTC", "XDG_CONFIG_HOME=/dev/null",
                ],
                environment.Order(StringComparer.Ordinal));
        }
        finally
        {
            Environment.SetEnvironmentVariable(planted, null);
        }
    }

    /// <summary>Of the process that has this in it; null where there is none.</summary>
    private static string[]? EnvironmentWith(string variable) => Directory.EnumerateDirectories("/proc").Where(folder => char.IsAsciiDigit(Path.GetFileName(folder)[0]))
        .Select(Read).FirstOrDefault(environment => environment.Contains(variable));

    private static string[] Read(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "environ")).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
