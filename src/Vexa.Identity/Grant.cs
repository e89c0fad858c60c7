using Vexa.Contracts;

namespace Vexa.Identity;

/// <summary>
/// What one dispatch may do: computed once, from the composed dispatch, and never again (I3). Mounts, token claims and door policy
/// are all read off this value.
/// </summary>
public sealed record Grant
{
    private Grant() { }

    public required DispatchId Dispatch { get; init; }
    public required SubjectId Subject { get; init; }
    public required Launcher Launcher { get; init; }
    /// <summary>Workspaces with the mode that the trigger's trust leaves of the mode asked for.</summary>
    public required IReadOnlyList<WorkspaceAccess> Workspaces { get; init; }
    public required IReadOnlyList<string> Tools { get; init; }
    public required DispatchLimits Limits { get; init; }
    /// <summary>True where the input is not a person's own message: nothing may be written (I10).</summary>
    public required bool ProposeOnly { get; init; }
    /// <summary>Id of the delegation grant behind it, where the launcher is not a person.</summary>
    public string? Delegation { get; init; }

    /// <summary>Computes the grant. Trust comes from the trigger and is only ever lowered.</summary>
    public static Grant Of(Dispatch dispatch)
    {
        var proposeOnly = dispatch.Origin.Trigger != Trigger.Message;
        return new Grant
        {
            Dispatch = dispatch.Id,
            Subject = dispatch.Identity.Subject,
            Launcher = dispatch.Identity.Launcher,
            Workspaces = proposeOnly ? [.. dispatch.Workspaces.Select(w => w with { Mode = AccessMode.Ro })] : dispatch.Workspaces,
            Tools = dispatch.Tools,
            Limits = dispatch.Limits,
            ProposeOnly = proposeOnly,
            Delegation = dispatch.Identity.Grant,
        };
    }
}
