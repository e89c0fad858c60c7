using Vexa.Contracts;
using Vexa.Docker;

namespace Vexa.Runtime.Docker;

/// <summary>What there is to say about the engine of a node.</summary>
/// <param name="Runc">As <c>runc --version</c> would say it; null where the engine does not tell.</param>
public sealed record EngineReport(string Version, string ApiVersion, string CgroupDriver, bool LiveRestore, string? Runc, IReadOnlyList<EngineFinding> Findings)
{
    /// <param name="options">Its engine and isolation.</param>
    /// <exception cref="VexaException">It does not answer: with what mends it.</exception>
    public static async Task<EngineReport> Ask(RuntimeOptions options, TimeProvider time, CancellationToken ct)
    {
        using var engine = new DockerEngine(options.DockerHost["unix://".Length..], time);
        var (version, info) = await DockerFaults.Explained(async () => (await engine.Version(ct), await engine.Info(ct)));
        var runc = version.Components?.FirstOrDefault(part => part.Name == "runc");
        return new EngineReport(version.Version, version.ApiVersion, info.CgroupDriver ?? "none", info.LiveRestoreEnabled,
            runc is null ? null : $"runc version {runc.Version}\ncommit: {runc.Details?.GetValueOrDefault("GitCommit")}\n",
            [.. DockerFitness.Judge(version, info, options.Isolation), .. DockerFitness.Weaknesses(version)]);
    }
}
