namespace Vexa.Tests;

/// <summary>Values that tests share.</summary>
internal static class Sample
{
    public static readonly WorkspaceId Home = Id.Parse<WorkspaceId>("home");
    public static readonly WorkspaceId Company = Id.Parse<WorkspaceId>("company");

    public static Dispatch Dispatch() => new()
    {
        Id = Id.Parse<DispatchId>("d-1"),
        Session = Id.Parse<SessionId>("s-1"),
        Identity = new DispatchIdentity { Subject = Id.Parse<SubjectId>("ada"), Launcher = Launcher.User(Id.Parse<SubjectId>("ada")) },
        Runner = Id.Parse<RunnerName>("claude-code"),
        Workspaces = [new WorkspaceAccess(Home, AccessMode.Rw), new WorkspaceAccess(Company, AccessMode.Ro)],
        Start = new DispatchStart { Entrypoint = new Entrypoint { Inline = "Hello" } },
        Origin = new DispatchOrigin { Trigger = Trigger.Message },
    };
}
