using Vexa.Schemas;

namespace Vexa.Cli.Contracts;

/// <summary>Everything that has to be true of the contracts, checked.</summary>
internal sealed record Verification(int Contracts, int Shapes, int Goldens, int Faults, IReadOnlyList<Finding> Findings)
{
    private const int FewestFaults = 5;

    /// <summary>Checks the contracts of a repository.</summary>
    public static Verification Of(string repository)
    {
        var contracts = ContractFolder.All(repository);
        if (contracts.FirstOrDefault(c => !c.Name.Contains(".v", StringComparison.Ordinal)) is { } nameless)
            return new Verification(contracts.Count, 0, 0, 0, [new Finding(nameless.Name, "schema", "the folder's name says no version: <name>.v<number>")]);

        SchemaLibrary library;
        try
        {
            library = ContractFolder.Compile(contracts);
        }
        catch (Exception bad) when (bad is InvalidDataException or IOException)
        {
            // Nothing else can be said of schemas that cannot be read.
            return new Verification(contracts.Count, 0, 0, 0, [new Finding(bad.Message.Split('#', ':')[0], "schema", bad.Message)]);
        }

        var goldens = contracts.SelectMany(c => c.Goldens()).ToList();
        var findings = new List<Finding>();
        findings.AddRange(contracts.Where(c => !File.Exists(c.ReadmeFile)).Select(c => new Finding(c.Name, "schema", "it has no README.md")));
        findings.AddRange(goldens.SelectMany(g => CheckGolden(g, library)));
        var faults = contracts.SelectMany(c => ReadFaults(c, findings)).ToList();
        findings.AddRange(faults.SelectMany(f => CheckFault(f, library)));
        findings.AddRange(contracts.Where(c => faults.Count(f => f.Golden.Contract == c.Name) < FewestFaults).Select(c => new Finding(c.Name, "rejected", $"it has fewer than {FewestFaults} faults to refuse")));
        findings.AddRange(RecordAgreement.Check(contracts));
        if (!File.Exists(ApiDescription.FileOf(repository)) || File.ReadAllText(ApiDescription.FileOf(repository)) != ApiDescription.Compose(contracts))
            findings.Add(new Finding("api.v1", "openapi", "openapi.json is not what the operations and the contracts say: vexa contracts describe"));
        findings.AddRange(new Seals(repository).Check(contracts));
        findings.AddRange(Retired.Check(repository));
        return new Verification(contracts.Count, library.Shapes.Count(), goldens.Count, faults.Count, findings);
    }

    private static IReadOnlyList<Faulty> ReadFaults(ContractFolder contract, List<Finding> findings)
    {
        try
        {
            return contract.Faults();
        }
        catch (Exception bad) when (bad is InvalidDataException or System.Text.Json.JsonException or NullReferenceException)
        {
            findings.Add(new Finding(contract.Name, "rejected", bad.Message));
            return [];
        }
    }

    private static IEnumerable<Finding> CheckGolden(Golden golden, SchemaLibrary library)
    {
        if (!IsJson(golden.Document))
            yield return new Finding(golden.Contract, "golden", $"{golden.Case}: is no JSON");
        else if (Find(library, golden) is not { } shape)
            yield return new Finding(golden.Contract, "golden", $"{golden.Case}: there is no shape {golden.Shape}");
        else if (shape.Check(golden.Document) is { } fault)
            yield return new Finding(golden.Contract, "golden", $"{golden.Case}: refused: {fault.Pointer} {fault.Text}");
    }

    private static IEnumerable<Finding> CheckFault(Faulty faulty, SchemaLibrary library)
    {
        if (Find(library, faulty.Golden)?.Check(faulty.Document) is not { } fault)
            yield return new Finding(faulty.Golden.Contract, "rejected", $"{faulty.Golden.Case}: {faulty.Case}: accepted");
        else if (fault.Pointer != faulty.Pointer)
            yield return new Finding(faulty.Golden.Contract, "rejected", $"{faulty.Golden.Case}: {faulty.Case}: refused at '{fault.Pointer}' ({fault.Text}), not at '{faulty.Pointer}'");
    }

    private static bool IsJson(byte[] document)
    {
        try
        {
            using var _ = System.Text.Json.JsonDocument.Parse(document);
            return true;
        }
        catch (System.Text.Json.JsonException)
        {
            return false;
        }
    }

    private static Shape? Find(SchemaLibrary library, Golden golden) => library.Shapes.FirstOrDefault(s => s.Contract == golden.Contract && s.ShortName == golden.Shape);
}
