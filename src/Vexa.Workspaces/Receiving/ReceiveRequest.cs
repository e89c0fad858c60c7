using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>A turn's commit, on its way in. All but the bundle comes from the grant; the bundle is an agent's word.</summary>
public sealed record ReceiveRequest
{
    public required DispatchId Dispatch { get; init; }
    public required TurnId Turn { get; init; }
    public required SubjectId Subject { get; init; }
    public required Launcher Launcher { get; init; }
    public required RunnerName Runner { get; init; }
    public required Stream Bundle { get; init; }
}
