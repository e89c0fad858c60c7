using Vexa.Hosting;
using Vexa.Workspaces;

namespace Vexa.IntegrationTests.Dispatches;

/// <summary>One thing in the bucket that cannot be read, and what is said of all the others.</summary>
public sealed class DamagedListTests
{
    [Fact]
    public async Task One_workspace_that_is_damaged_and_one_that_is_half_destroyed_do_not_hide_the_others()
    {
        await using var control = await LoneControl.Start();
        foreach (var id in (string[])["torn", "gone"])
            await control.Workspaces.Create(Id.Parse<WorkspaceId>(id), new Dictionary<string, string>(), Id.Parse<SubjectId>("ada"), Ct);
        var manifest = await control.Bucket.Get("workspaces/gone/manifest", Ct);
        await control.Workspaces.Shred(Id.Parse<WorkspaceId>("gone"), Id.Parse<SubjectId>("ada"), Ct);
        await control.Bucket.Put("workspaces/gone/manifest", manifest!.Content, PutCondition.None, Ct);
        await control.Bucket.Put("workspaces/torn/manifest", "{"u8.ToArray(), PutCondition.None, Ct);

        using var answer = await control.Api.GetAsync(new Uri("/v1/workspaces", UriKind.Relative), Ct);
        var list = await answer.ReadOrThrow(VexaJson.Default.WorkspaceList, Ct);

        Assert.Equal("home", Assert.Single(list.Workspaces).Id.Value);
        Assert.Equal(("torn", "manifest-damaged"), (Assert.Single(list.Damaged!).Workspace.Value, list.Damaged![0].Rule));
    }

    [Fact]
    public async Task One_token_that_is_damaged_does_not_hide_the_others()
    {
        await using var control = await LoneControl.Start();
        await control.Bucket.Put("tokens/0123456789ab", "{"u8.ToArray(), PutCondition.None, Ct);

        using var answer = await control.Api.GetAsync(new Uri("/v1/tokens", UriKind.Relative), Ct);
        Assert.Single((await answer.ReadOrThrow(VexaJson.Default.TokenList, Ct)).Tokens);
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;
}
