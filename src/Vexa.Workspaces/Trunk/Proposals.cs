using System.Globalization;
using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>Names of the refs that keep work which conflicts with the trunk: <c>refs/proposals/&lt;what&gt;</c>, then <c>.2</c>, <c>.3</c>, ...</summary>
internal static class Proposals
{
    public static string NameOf(string what) => $"refs/proposals/{what}";

    public static string FreeName(Manifest manifest, string what)
    {
        var name = NameOf(what);
        for (var number = 2; manifest.Refs.ContainsKey(name); number++)
            name = string.Create(CultureInfo.InvariantCulture, $"{NameOf(what)}.{number}");

        return name;
    }
}
