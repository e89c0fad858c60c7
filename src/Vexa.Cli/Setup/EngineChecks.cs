using Vexa.Cli.Roles;
using Vexa.Cli.Stack;
using Vexa.Contracts;
using Vexa.Runtime.Docker;

namespace Vexa.Cli.Setup;

/// <summary>The Docker engine, where it is what runs the containers.</summary>
internal static class EngineChecks
{
    public static async Task<IReadOnlyList<Finding>> Run(StackOptions options, TimeProvider time, CancellationToken ct)
    {
        if (options.Backend != "docker")
            return [];

        try
        {
            return [.. Judge(await EngineReport.Ask(RoleEntryPoints.RuntimeOf(options), time, ct))];
        }
        catch (VexaException away)
        {
            return [Finding.Wrong("engine", away.Message, away.Hint)];
        }
    }

    internal static IEnumerable<Finding> Judge(EngineReport engine)
    {
        yield return Finding.Ok("engine", $"Docker {engine.Version}, API {engine.ApiVersion}, cgroups by {engine.CgroupDriver}");
        foreach (var finding in engine.Findings)
            yield return finding.Wrong ? Finding.Wrong(finding.Name, finding.What, finding.Mend) : Finding.Warn(finding.Name, finding.What, finding.Mend);

        // The engine's own may be another than the one on the path.
        if (engine.Runc is { } said)
            yield return EngineVersion.Judge("runc", said) with { Name = "engine's runc" };
        if (!engine.LiveRestore)
            yield return Finding.Ok("live restore", "off: a restart of the engine ends its containers");
    }
}
