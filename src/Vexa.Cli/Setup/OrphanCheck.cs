using Microsoft.Extensions.Logging.Abstractions;
using Vexa.Cli.Commands;
using Vexa.Cli.Roles;
using Vexa.Cli.Stack;
using Vexa.Contracts;
using Vexa.Hosting;
using Vexa.Runtime;

namespace Vexa.Cli.Setup;

/// <summary>Containers, control groups, mounts and sockets that nobody cares for.</summary>
internal static class OrphanCheck
{
    /// <summary>Asks the runtime, which knows what lives; without one nothing does, and everything that is there is left over.</summary>
    /// <exception cref="VexaException">Only root can see them, or the runtime does not answer.</exception>
    public static async Task<IReadOnlyList<string>> Find(StackOptions options, CancellationToken ct)
    {
        if (!Environment.IsPrivilegedProcess)
            throw Faults.Machine("needs-root", "Only root sees every mount and container.", "Ask as root: sudo ./vexa doctor --orphans");

        if (StackState.ReadRunning(options) is not { } running)
            return await RuntimeRole.FindOrphans(RoleEntryPoints.RuntimeOf(options), TimeProvider.System, NullLoggerFactory.Instance, ct);

        using var runtime = UnixHttp.Client((options with { RunFolder = running.RunFolder }).SocketOf("runtime"));
        try
        {
            using var answer = await runtime.GetAsync("/orphans", ct);
            await answer.ThrowOnProblem(ct);
            return (await answer.Content.ReadAsStringAsync(ct)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (HttpRequestException away)
        {
            throw Faults.Machine("runtime-unavailable", "The runtime does not answer.", "See what is wrong: vexa status", away);
        }
    }
}
