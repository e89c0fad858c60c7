using System.Globalization;
using Vexa.Cli.Client;
using Vexa.Contracts;

namespace Vexa.Cli.Demo;

/// <summary>A small workspace to try things on; a new one each time, so that every demo starts from the same notes.</summary>
internal static class SampleWorkspace
{
    private static readonly Dictionary<string, string> Files = new()
    {
        ["README.md"] = "# Sample workspace\n\nNotes of a small sales team. One file per customer, under `customers/`.\n",
        ["pricing.md"] = "# Pricing\n\n| Plan | Per seat and month |\n|---|---|\n| Q2 | 24 EUR |\n| Q3 | 26 EUR |\n| Q4 | 27 EUR |\n",
        ["customers/globex.md"] = "---\nname: Globex\n---\n\n# Globex\n\n## Timeline\n\n- Trial since May.\n",
    };

    public static async Task<WorkspaceId> Seed(VexaClient client, CancellationToken ct)
    {
        var list = await client.Workspaces(ct);
        var taken = list.Workspaces.Select(w => w.Id).Concat(list.Damaged?.Select(fault => fault.Workspace) ?? []).Select(id => id.Value).ToHashSet();
        var number = 1;
        while (taken.Contains(Name(number)))
            number++;

        var created = await client.CreateWorkspace(new WorkspaceCreate(Id.Parse<WorkspaceId>(Name(number)), Files), ct);
        return created.Id;
    }

    private static string Name(int number) => number == 1 ? "demo" : string.Create(CultureInfo.InvariantCulture, $"demo-{number}");
}
