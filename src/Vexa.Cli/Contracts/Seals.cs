using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Vexa.Cli.Contracts;

/// <summary>
/// <c>contracts.seal.json</c>: contract → SHA-256 of its schema as sealed. A copy of what was sealed lies beside each schema, so that a
/// change can be judged anywhere, also without a version history.
/// </summary>
internal sealed class Seals(string repository)
{
    private static readonly JsonSerializerOptions Pretty = new() { WriteIndented = true };

    public string SealFile => Path.Combine(repository, "contracts.seal.json");

    /// <summary>What is wrong with the seals.</summary>
    public IEnumerable<Finding> Check(IReadOnlyList<ContractFolder> contracts)
    {
        var seals = Read();
        foreach (var contract in contracts)
        {
            if (!seals.TryGetValue(contract.Name, out var hash))
                yield return new Finding(contract.Name, "seal", "is not sealed: vexa contracts seal " + contract.Name);
            else if (!File.Exists(contract.SealedFile) || HashOf(contract.SealedFile) != hash)
                yield return new Finding(contract.Name, "seal", "its sealed copy is not what the seal says");
            else if (HashOf(contract.SchemaFile) != hash)
                yield return new Finding(contract.Name, "seal", "the schema has changed since it was sealed: vexa contracts seal " + contract.Name);
        }

        foreach (var gone in seals.Keys.Except(contracts.Select(c => c.Name)))
            yield return new Finding(gone, "seal", "is sealed, but its folder is gone");
    }

    /// <summary>What a new seal would break; empty where it would break nothing.</summary>
    public IReadOnlyList<string> Breaks(ContractFolder contract, IReadOnlyList<ContractFolder> contracts)
    {
        // What is compared with has to be what was sealed, also where a reference leads into another contract.
        var seals = Read();
        if (contracts.FirstOrDefault(c => seals.TryGetValue(c.Name, out var hash) && (!File.Exists(c.SealedFile) || HashOf(c.SealedFile) != hash)) is { } damaged)
            return [$"{damaged.Name}: its sealed copy is not what the seal says"];
        if (!seals.ContainsKey(contract.Name))
            return [];

        var before = Definitions(contracts, c => File.Exists(c.SealedFile) ? c.SealedFile : c.SchemaFile);
        var after = Definitions(contracts, c => c.SchemaFile);
        return SchemaGrowth.Breaks(contract.Name, before.Documents[contract.Name], before.Find, after.Documents[contract.Name], after.Find);
    }

    /// <summary>Seals a contract as it is now.</summary>
    public void Seal(ContractFolder contract)
    {
        File.Copy(contract.SchemaFile, contract.SealedFile, overwrite: true);
        var seals = Read();
        seals[contract.Name] = HashOf(contract.SchemaFile);
        var json = new JsonObject(seals.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => KeyValuePair.Create(s.Key, (JsonNode?)s.Value)));
        File.WriteAllText(SealFile, json.ToJsonString(Pretty) + "\n");
    }

    private Dictionary<string, string> Read() => File.Exists(SealFile)
        ? JsonNode.Parse(File.ReadAllBytes(SealFile))!.AsObject().ToDictionary(s => s.Key, s => s.Value!.GetValue<string>(), StringComparer.Ordinal)
        : [];

    private static string HashOf(string file) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)));

    private static (Dictionary<string, JsonElement> Documents, Func<string, JsonElement> Find) Definitions(IReadOnlyList<ContractFolder> contracts, Func<ContractFolder, string> file)
    {
        var documents = contracts.ToDictionary(c => c.Name, c => JsonDocument.Parse(File.ReadAllBytes(file(c))).RootElement, StringComparer.Ordinal);
        return (documents, Find);

        JsonElement Find(string reference)
        {
            var (contract, shape) = (reference["urn:vexa:contract:".Length..].Split('#')[0], reference.Split('/')[^1]);
            return documents[contract].GetProperty("$defs").GetProperty(shape);
        }
    }
}
