using System.Text.Json.Nodes;
using Vexa.Schemas;

namespace Vexa.Cli.Contracts;

/// <summary>One contract as it lies in the repository: <c>contracts/&lt;name&gt;/</c>.</summary>
internal sealed class ContractFolder(string path)
{
    /// <summary><c>unit.v1</c>.</summary>
    public string Name { get; } = Path.GetFileName(path);

    /// <summary><c>unit.schema.json</c>: the version is the folder's.</summary>
    public string SchemaFile => Path.Combine(path, $"{Name[..Name.LastIndexOf('.')]}.schema.json");

    /// <summary>The schema as it was sealed, to compare with.</summary>
    public string SealedFile => Path.Combine(path, $"{Name[..Name.LastIndexOf('.')]}.sealed.json");

    public string ReadmeFile => Path.Combine(path, "README.md");

    public byte[] Schema => File.ReadAllBytes(SchemaFile);

    /// <summary>All contracts of a repository, by name.</summary>
    public static IReadOnlyList<ContractFolder> All(string repository) =>
        [.. Directory.GetDirectories(Path.Combine(repository, "contracts")).Order(StringComparer.Ordinal).Select(folder => new ContractFolder(folder))];

    public static SchemaLibrary Compile(IEnumerable<ContractFolder> contracts) => SchemaLibrary.Load(contracts.Select(c => (c.Name, (ReadOnlyMemory<byte>)c.Schema)));

    public IReadOnlyList<Golden> Goldens() =>
        [.. Files("golden").Select(file => new Golden(Name, Path.GetFileNameWithoutExtension(file), File.ReadAllBytes(file)))];

    /// <summary>The faults, each as the document that it makes of its golden one.</summary>
    /// <exception cref="InvalidDataException">A file of faults is not as <c>contracts/README.md</c> says.</exception>
    public IReadOnlyList<Faulty> Faults()
    {
        var goldens = Goldens().ToDictionary(g => g.Case, StringComparer.Ordinal);
        return [.. Files("rejected").SelectMany(file => Read(file, goldens))];
    }

    private IEnumerable<Faulty> Read(string file, Dictionary<string, Golden> goldens)
    {
        var name = Path.GetFileNameWithoutExtension(file);
        if (!goldens.TryGetValue(name, out var golden))
            throw new InvalidDataException($"{Name}/rejected/{name}.json: there is no golden document of that name");

        foreach (var entry in JsonNode.Parse(File.ReadAllBytes(file))!.AsArray())
        {
            var title = entry!["case"]!.GetValue<string>();
            var document = JsonPatch.Apply(JsonNode.Parse(golden.Document), entry["patch"]!.AsArray());
            yield return new Faulty(golden, title, System.Text.Encoding.UTF8.GetBytes(document?.ToJsonString() ?? "null"), entry["pointer"]!.GetValue<string>());
        }
    }

    private IEnumerable<string> Files(string folder) =>
        Directory.Exists(Path.Combine(path, folder)) ? Directory.GetFiles(Path.Combine(path, folder), "*.json").Order(StringComparer.Ordinal) : [];
}

/// <summary>A document that is valid.</summary>
/// <param name="Case"><c>Dispatch.message</c>: its shape, and which of its forms.</param>
internal sealed record Golden(string Contract, string Case, byte[] Document)
{
    public string Shape => Case.Split('.', 2)[0];
}

/// <summary>A document with one fault.</summary>
internal sealed record Faulty(Golden Golden, string Case, byte[] Document, string Pointer)
{
    public string Name => $"{Golden.Contract}/rejected/{Golden.Case}: {Case}";
}
