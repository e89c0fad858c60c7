using System.Text.Json.Nodes;
using Vexa.Cli.Contracts;
using Vexa.Schemas;

namespace Vexa.Tests.Contracts;

/// <summary>The contracts as they lie in the repository.</summary>
public sealed class ContractTests
{
    private static readonly IReadOnlyList<ContractFolder> Contracts = ContractFolder.All(Repository.Root);

    [Fact]
    public void Schemas_documents_records_and_seals_agree()
    {
        var found = Verification.Of(Repository.Root);

        Assert.Empty(found.Findings.Select(f => $"{f.Contract} {f.Check}: {f.Text}"));
        Assert.True(found is { Contracts: 14, Goldens: > 100, Faults: > 500 }, $"{found.Goldens} golden, {found.Faults} faults");
    }

    [Fact]
    public void The_build_has_the_schemas_that_the_repository_has() =>
        Assert.Equal(
            ContractFolder.Compile(Contracts).Shapes.Select(s => s.Name).Order(StringComparer.Ordinal),
            SchemaLibrary.Embedded.Shapes.Select(s => s.Name).Order(StringComparer.Ordinal));

    /// <summary>Whatever a schema demands, some document is there that misses it: no demand can go unseen.</summary>
    [Fact]
    public void Every_demand_of_every_schema_is_noticed_by_some_document()
    {
        var (mutants, survivors) = (0, new List<string>());
        var documents = Contracts.ToDictionary(c => c.Name, c => JsonNode.Parse(c.Schema)!);
        var judged = Contracts.SelectMany(c => c.Goldens().Select(g => (g.Contract, g.Shape, g.Document, Valid: true)).Concat(c.Faults().Select(f => (f.Golden.Contract, f.Golden.Shape, f.Document, Valid: false)))).ToList();
        foreach (var contract in Contracts)
            foreach (var (name, mutate) in Mutations.Of(documents[contract.Name]))
            {
                var mutant = documents[contract.Name].DeepClone();
                mutate(mutant);
                mutants++;
                if (Compile(contract, mutant) is { } library && !judged.Any(d => library.Find(d.Contract, d.Shape).Check(d.Document) is null != d.Valid))
                    survivors.Add($"{contract.Name} {name}");
            }

        TestContext.Current.TestOutputHelper?.WriteLine($"{mutants - survivors.Count} of {mutants} mutants noticed");
        Assert.Empty(survivors);
        Assert.InRange(mutants, 600, 5000);
    }

    [Fact]
    public void Whatever_narrows_a_schema_breaks_it_and_whatever_widens_it_does_not()
    {
        foreach (var contract in Contracts)
        {
            var schema = JsonNode.Parse(contract.Schema)!;
            foreach (var (name, mutate) in Mutations.Of(schema))
            {
                var mutant = schema.DeepClone();
                mutate(mutant);
                var widens = !name.Contains("/enum/", StringComparison.Ordinal);
                if (name.EndsWith("additionalProperties", StringComparison.Ordinal))
                    continue; // not of the dialect: a closed shape stays closed

                Assert.Equal(widens, Breaks(contract, schema, mutant).Count == 0);
                var narrows = Breaks(contract, mutant, schema);
                Assert.Equal(!widens, narrows.All(text => text.EndsWith("viewers cannot pass over it", StringComparison.Ordinal)));
            }
        }
    }

    // A union whose members have lost their tag is refused before any document is looked at.
    private static SchemaLibrary? Compile(ContractFolder changed, JsonNode schema)
    {
        try
        {
            return SchemaLibrary.Load(Contracts.Select(c => (c.Name, (ReadOnlyMemory<byte>)(c == changed ? System.Text.Encoding.UTF8.GetBytes(schema.ToJsonString()) : c.Schema))));
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private static IReadOnlyList<string> Breaks(ContractFolder contract, JsonNode before, JsonNode after)
    {
        var (old, now) = (Elements(contract, before), Elements(contract, after));
        return SchemaGrowth.Breaks(contract.Name, old[contract.Name], Find(old), now[contract.Name], Find(now));
    }

    private static Dictionary<string, System.Text.Json.JsonElement> Elements(ContractFolder changed, JsonNode document) =>
        Contracts.ToDictionary(c => c.Name, c => System.Text.Json.JsonDocument.Parse(c.Name == changed.Name ? System.Text.Encoding.UTF8.GetBytes(document.ToJsonString()) : c.Schema).RootElement);

    private static Func<string, System.Text.Json.JsonElement> Find(Dictionary<string, System.Text.Json.JsonElement> documents) => reference =>
        documents[reference["urn:vexa:contract:".Length..].Split('#')[0]].GetProperty("$defs").GetProperty(reference.Split('/')[^1]);
}
