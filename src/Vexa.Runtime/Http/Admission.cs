using Vexa.Contracts;

namespace Vexa.Runtime.Http;

/// <summary>Compares what is to be started with what the token grants: a spec may ask for less, never for more.</summary>
internal static class Admission
{
    /// <returns>The spec, with the subject of the token on it whether it said so or not: that is whose place it takes.</returns>
    /// <exception cref="VexaException">403: rule <c>dispatch-mismatch</c>, <c>subject-mismatch</c> or <c>mount-not-granted</c>.</exception>
    public static WorkloadSpec Admit(WorkloadSpec spec, DispatchClaims claims)
    {
        if (spec.Id != claims.Dispatch)
            throw Refused("dispatch-mismatch", $"The token is for another dispatch than '{spec.Id}'.", "Present the spawn token of this dispatch.");

        if (spec.Labels.TryGetValue(WorkloadSpec.SubjectLabel, out var subject) && subject != claims.Sub)
            throw Refused("subject-mismatch", $"The token is for another subject than '{subject}'.", "Present the spawn token of this dispatch.");

        foreach (var mount in spec.Mounts)
        {
            var granted = claims.Workspaces.FirstOrDefault(w => w.Id == mount.Workspace)
                ?? throw Refused("mount-not-granted", $"Workspace '{mount.Workspace}' is not granted.", $"Grant '{mount.Workspace}' to this dispatch.");
            if (mount.Mode == AccessMode.Rw && granted.Mode != AccessMode.Rw)
                throw Refused("mount-not-granted", $"Workspace '{mount.Workspace}' is granted for reading only.", $"Grant '{mount.Workspace}' as rw, or mount it as ro.");
        }

        return spec with { Labels = new Dictionary<string, string>(spec.Labels) { [WorkloadSpec.SubjectLabel] = claims.Sub } };
    }

    private static VexaException Refused(string rule, string message, string hint) =>
        new(Stage.RuntimeStart, Party.Caller, rule, message, hint) { Status = 403 };
}
