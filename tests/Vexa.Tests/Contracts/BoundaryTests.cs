using System.Reflection;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Vexa.Tests.Contracts;

/// <summary>Every message that crosses a process boundary is a shape of a contract.</summary>
public sealed partial class BoundaryTests
{
    // Other JSON of ours, and why it is no boundary: files that one program writes for itself, its own output, documents of other standards.
    private static readonly Dictionary<string, string> NoBoundary = new()
    {
        ["Vexa.Docker/EngineJson.cs"] = "the Docker Engine API",
        ["Vexa.Hosting/HealthChecks.cs"] = "health: for people and supervisors",
        ["Vexa.Runtime/Docker/ArchiveJson.cs"] = "an image as docker save writes it",
        ["Vexa.Runtime/Images/ImageStore.cs"] = "the node's own image files",
        ["Vexa.Runtime/Oci/OciConfig.cs"] = "the OCI runtime specification",
    };

    [Fact]
    public void Whatever_the_one_serialiser_tells_is_a_shape_of_a_contract()
    {
        var roots = typeof(VexaJson).GetCustomAttributesData().Where(a => a.AttributeType == typeof(JsonSerializableAttribute)).Select(a => (Type)a.ConstructorArguments[0].Value!);

        foreach (var root in roots.Select(t => t.IsGenericType ? t.GetGenericArguments()[0] : t))
            Assert.True(root.GetCustomAttributes<ContractAttribute>().Any(), $"{root.Name} crosses a boundary and is of no contract");
    }

    [Fact]
    public void There_is_no_other_serialiser_at_a_boundary()
    {
        var contexts = Sources().Where(f => File.ReadAllText(f).Contains("JsonSerializerContext", StringComparison.Ordinal)).Select(Relative);

        Assert.Equal(["Vexa.Contracts/Json/VexaJson.cs", .. NoBoundary.Keys.Order(StringComparer.Ordinal)], contexts.Where(f => !f.StartsWith("Vexa.Cli/", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_comes_in_is_read_by_its_contract()
    {
        // The worker is beyond the boundary: what it reads, the door and control wrote.
        foreach (var file in Sources().Where(f => Relative(f) is var name && !NoBoundary.ContainsKey(name) && !name.StartsWith("Vexa.Worker/", StringComparison.Ordinal) && name != "Vexa.Schemas/Contract.cs"))
            Assert.DoesNotMatch(PlainRead(), File.ReadAllText(file));
    }

    [Fact]
    public void The_api_serves_what_its_description_tells_and_nothing_else()
    {
        foreach (var file in Sources().Where(f => Relative(f).StartsWith("Vexa.Control/", StringComparison.Ordinal)))
            Assert.DoesNotMatch(PlainRoute(), File.ReadAllText(file));

        var operations = Vexa.Control.Api.ApiOperations.All;
        Assert.All(operations.SelectMany(o => (Type?[])[o.Body, o.Answer]).OfType<Type>(), t => Assert.NotEmpty(t.GetCustomAttributes<ContractAttribute>()));
        Assert.Equal(operations.Count, operations.Select(o => o.Id).Distinct().Count());
        Assert.All(operations, o => Assert.Contains(Sources(), f => File.ReadAllText(f).Contains($"ApiOperations.{Property(o)}.Map(app", StringComparison.Ordinal)));
    }

    [Fact]
    public void Every_rule_that_the_description_names_is_one_that_refuses_somewhere()
    {
        var sources = string.Concat(Sources().Where(f => !f.EndsWith("/ApiOperations.cs", StringComparison.Ordinal)).Select(File.ReadAllText));

        Assert.All(Vexa.Control.Api.ApiOperations.All.SelectMany(o => o.Refusals.Values).SelectMany(r => r).Append("unauthenticated"), rule => Assert.Contains($"\"{rule}\"", sources, StringComparison.Ordinal));
    }

    private static string Property(Vexa.Control.Api.ApiOperation operation) =>
        typeof(Vexa.Control.Api.ApiOperations).GetProperties().Single(p => ReferenceEquals(p.GetValue(null), operation)).Name;

    private static IEnumerable<string> Sources() =>
        Directory.GetFiles(Repository.Path("src"), "*.cs", SearchOption.AllDirectories).Where(f => !f.Contains("/obj/", StringComparison.Ordinal));

    private static string Relative(string file) => Path.GetRelativePath(Repository.Path("src"), file);

    [GeneratedRegex(@"Map(Get|Post|Put|Delete|Methods)\(""/v1")]
    private static partial Regex PlainRoute();

    [GeneratedRegex(@"Deserialize(Async)?\([^;]*VexaJson|ReadFromJsonAsync")]
    private static partial Regex PlainRead();
}
