using System.Text;
using System.Text.Json;
using Vexa.Contracts;
using Vexa.Control.Runners;
using Vexa.Identity;
using Vexa.Workspaces;
using Unit = Vexa.Contracts.Dispatch;

namespace Vexa.Control.Dispatch;

/// <summary>Composes <c>unit.v1</c> dispatches and, from their one grant, the workload that runs them. No other code does.</summary>
internal sealed class Composer(ControlOptions options, RunnerCatalog runners, WorkspaceStore workspaces)
{
    private const string WorkerPath = "/opt/vexa/vexa-worker";

    /// <summary>Checks what a message asks for.</summary>
    /// <exception cref="VexaException">The rule that refuses it.</exception>
    public static void CheckPrompt(string prompt)
    {
        var bytes = Encoding.UTF8.GetByteCount(prompt);
        if (bytes == 0 || string.IsNullOrWhiteSpace(prompt))
            throw Refused("prompt-empty", "The prompt is empty.", "Say what the agent shall do.");

        if (bytes > ChatRequest.LongestPrompt)
            throw new VexaException(Stage.Compose, Party.Caller, "prompt-too-large", $"The prompt has {bytes:N0} bytes; at most {ChatRequest.LongestPrompt:N0} are taken.",
                "Put the long part into a file of the workspace and name the file.")
            { Status = 413 };

        if (prompt.Contains('\0', StringComparison.Ordinal))
            throw Refused("prompt-characters", "The prompt holds a NUL character.", "Remove it.");
    }

    /// <summary>Step 2: the dispatch for a message that needs a new container.</summary>
    public async Task<Unit> Compose(ChatRequest request, Occurrence occurrence, SubjectId subject, Session? session, CancellationToken ct)
    {
        var limits = request.Limits ?? new DispatchLimits();
        if (limits.MaxTokens is not null || limits.MaxCostUsd is not null)
            throw Refused("limits-unknown", "max_tokens and max_cost_usd are not enforced here, so they are not accepted.", "Leave them out; wall_seconds bounds a run.");

        var runner = runners.Get(session?.Runner ?? request.Runner ?? options.DefaultRunner);
        var access = session?.Workspaces ?? request.Workspaces ?? [new WorkspaceAccess(options.HomeWorkspace, AccessMode.Rw)];
        if (access.DistinctBy(w => w.Id).Count() != access.Count)
            throw Refused("workspaces-twice", "A dispatch mounts each workspace once.", "Name each workspace once.");

        foreach (var workspace in access)
            await workspaces.Tip(workspace.Id, ct);

        return new Unit
        {
            Id = occurrence.Dispatch,
            Session = occurrence.Session,
            Identity = new DispatchIdentity { Subject = subject, Launcher = Launcher.User(subject) },
            Runner = runner.Name,
            Workspaces = access,
            Start = session?.RunnerSession is { } runnerSession
                ? new DispatchStart { Session = new SessionReference(runnerSession) }
                : new DispatchStart { Entrypoint = new Entrypoint { Inline = request.Prompt } },
            Origin = new DispatchOrigin { Trigger = Trigger.Message },
            Limits = limits,
        };
    }

    /// <summary>Step 5: the workload, from the grant alone.</summary>
    public async Task<WorkloadSpec> Workload(Unit dispatch, Grant grant, CancellationToken ct)
    {
        var runner = runners.Get(dispatch.Runner);
        var mounts = new List<WorkloadMount>(grant.Workspaces.Count);
        foreach (var workspace in grant.Workspaces)
            mounts.Add(new WorkloadMount(workspace.Id, $"/workspaces/{workspace.Id}", workspace.Mode, await workspaces.Tip(workspace.Id, ct)));

        var order = new WorkerOrder
        {
            Dispatch = dispatch.Id,
            Subject = grant.Subject,
            Launcher = grant.Launcher,
            Runner = runner,
            Mounts = mounts,
            Session = dispatch.Start.Session?.Ref,
            IdleSeconds = grant.Limits.IdleSeconds,
        };
        return new WorkloadSpec
        {
            Id = dispatch.Id,
            Image = runner.Image,
            Argv = [WorkerPath],
            Env = new Dictionary<string, string>
            {
                [WorkerOrder.Variable] = JsonSerializer.Serialize(order, VexaJson.Default.WorkerOrder),
                // The worker is a .NET program: without this it listens on a socket for debuggers, in the folder that it shares with the agent.
                ["DOTNET_EnableDiagnostics"] = "0",
            },
            Mounts = mounts,
            Isolation = runner.Isolation,
            Limits = new WorkloadLimits { WallSeconds = grant.Limits.WallSeconds, IdleSeconds = grant.Limits.IdleSeconds },
            Labels = new Dictionary<string, string>
            {
                ["vexa.dispatch"] = dispatch.Id.Value,
                [WorkloadSpec.SubjectLabel] = grant.Subject.Value,
                ["vexa.launcher"] = grant.Launcher.ToString(),
            },
        };
    }

    private static VexaException Refused(string rule, string message, string hint) => new(Stage.Compose, Party.Caller, rule, message, hint);
}
