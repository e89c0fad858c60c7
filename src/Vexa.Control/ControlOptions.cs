using System.Net;
using Vexa.Contracts;
using Vexa.Redis;
using Vexa.Workspaces;

namespace Vexa.Control;

/// <summary>Settings of control.</summary>
public sealed record ControlOptions
{
    public required string DataFolder { get; init; }
    /// <summary>Runtime folder, on tmpfs.</summary>
    public required string RunFolder { get; init; }
    /// <summary>Folders of agent-runner definitions: those that are shipped, and this installation's own.</summary>
    public required IReadOnlyList<string> RunnersFolders { get; init; }
    public required RedisOptions Redis { get; init; }
    /// <summary>Where everything durable lies.</summary>
    public required BucketSettings Bucket { get; init; }
    public required SealingOptions Sealing { get; init; }
    /// <summary>Where people and API clients connect; loopback unless told otherwise.</summary>
    public IPEndPoint Listen { get; init; } = new(IPAddress.Loopback, 7420);
    /// <summary>The runner of a session that names none.</summary>
    public RunnerName DefaultRunner { get; init; } = Id.Parse<RunnerName>("claude-code");
    /// <summary>The workspace of a session that names none; made at the first start.</summary>
    public WorkspaceId HomeWorkspace { get; init; } = Id.Parse<WorkspaceId>("home");
    /// <summary>The person whose installation this is: whoever calls over the local socket, and the first API token.</summary>
    public SubjectId Owner { get; init; } = Id.Parse<SubjectId>("owner");

    internal string KeysFolder => Path.Combine(DataFolder, "keys");

    internal string InternalSocket => Path.Combine(RunFolder, "control.sock");

    internal string LocalSocket => Path.Combine(RunFolder, "api.sock");

    internal string RuntimeSocket => Path.Combine(RunFolder, "runtime.sock");

    /// <summary>The first API token, for the command that starts the stack to print once and delete.</summary>
    internal string FirstTokenFile => Path.Combine(RunFolder, "first-token");
}
