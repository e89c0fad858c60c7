using Vexa.Cli.Attack;
using Vexa.Runtime.Native;
using Vexa.Runtime.Workloads;

namespace Vexa.IntegrationTests.Cli;

public sealed class PlantedTracesTests
{
    [Fact]
    public async Task A_planted_program_that_trusted_git_ran_leaves_its_trace()
    {
        Assert.SkipUnless(Libc.EffectiveUser() == 0, "who is root becomes the user that trusted git runs as");
        string folder;
        using (var planted = new PlantedTraces(Guid.NewGuid().ToString("n")[..8]))
        {
            folder = planted.Folder;
            Assert.True(planted.Check().Ok);
            await new Command("setpriv", [$"--reuid={AgentUser.Uid}", $"--regid={AgentUser.Gid}", "--clear-groups", "touch", $"{folder}/planted-hook-1"]).RunOrThrow(TestContext.Current.CancellationToken);

            Assert.False(planted.Check().Ok);
            Assert.Contains("planted-hook-1", planted.Check().What, StringComparison.Ordinal);
        }

        Assert.False(Directory.Exists(folder));
    }
}
