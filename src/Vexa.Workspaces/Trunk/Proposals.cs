using System.Globalization;
using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>Names of the refs that keep work which conflicts with the trunk: <c>refs/proposals/&lt;what&gt;</c>, then <c>.2</c>, <c>.3</c>, ...</summary>
internal static class Proposals
{
    public static string NameOf(string what) => $"refs/proposals/{what}";

    /// <summary>The proposals of a dispatch. The dot is in no dispatch id: no other dispatch's can look like these.</summary>
    public static List<KeyValuePair<string, string>> Of(Manifest manifest, DispatchId dispatch) =>
        [.. manifest.Refs.Where(r => r.Key == NameOf(dispatch.Value) || r.Key.StartsWith(NameOf(dispatch.Value) + ".", StringComparison.Ordinal))];

    /// <summary>The result of work that became a proposal, but for the counts of what it changes.</summary>
    public static CommitResult Beside(Snapshot at, string name, string proposal, string reason, string parent) =>
        new() { Workspace = at.Manifest.Workspace, Sha = proposal, Parent = parent, ProposalRef = name, Reason = reason };

    public static string FreeName(Manifest manifest, string what)
    {
        var name = NameOf(what);
        for (var number = 2; manifest.Refs.ContainsKey(name); number++)
            name = string.Create(CultureInfo.InvariantCulture, $"{NameOf(what)}.{number}");

        return name;
    }
}
