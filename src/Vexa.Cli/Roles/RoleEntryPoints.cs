using Vexa.Cli.Rehearsal;
using Vexa.Cli.Stack;

namespace Vexa.Cli.Roles;

/// <summary>The one place where a role's name meets its code.</summary>
internal static class RoleEntryPoints
{
    public static IReadOnlyDictionary<string, Func<StackOptions, CancellationToken, Task>> All { get; } =
        new Dictionary<string, Func<StackOptions, CancellationToken, Task>>
        {
            ["control"] = (options, stop) => Bare("control", options, stop),
            ["runtime"] = (options, stop) => Bare("runtime", options, stop),
            ["door"] = (options, stop) => Bare("door", options, stop),
        };

    private static Task Bare(string role, StackOptions options, CancellationToken stop) =>
        RehearsalServer.Run(new Script { Rules = [] }, RehearsalAddress.Unix(options.SocketOf(role)), at => Console.WriteLine(at), stop);
}
