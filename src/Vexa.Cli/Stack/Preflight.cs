using Vexa.Cli.Commands;
using Vexa.Cli.Rootless;
using Vexa.Cli.Setup;
using Vexa.Contracts;
using Vexa.Runtime.Oci;

namespace Vexa.Cli.Stack;

/// <summary>What has to hold before a stack starts. A plain user is made root of a namespace first, where that can be.</summary>
internal static class Preflight
{
    /// <exception cref="VexaException">The first thing that has to be mended.</exception>
    public static void Require(StackOptions options)
    {
        RootlessEntry.Require(options);
        if (!Tmpfs.Holds(options.RunFolder))
            throw Faults.Machine("run-folder", $"The runtime folder {options.RunFolder} is on a disk, and what agents write must not reach one in clear.",
                "Name a folder on tmpfs in VEXA_RUN, or leave it unset.");
        if (options.Backend == "oci" && OciFitness.FindFault(options.OciRuntime, ControlGroups.Read()) is { } fault)
            throw fault;

        var missing = Prerequisite.ForStack(options).Where(tool => tool.FindPath() is null).ToList();
        if (missing.Count > 0)
            throw Faults.Machine("missing-tools", $"Not installed: {string.Join(", ", missing.Select(tool => tool.Command))}.", "Install what is missing: vexa setup");
    }
}
