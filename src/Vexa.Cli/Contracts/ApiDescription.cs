using System.Globalization;
using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Vexa.Contracts;
using Vexa.Control.Api;
using Vexa.Schemas;

namespace Vexa.Cli.Contracts;

/// <summary>
/// The OpenAPI 3.1 description of the HTTP API, composed: the operations from <see cref="ApiOperations"/>, which is what is served; the
/// shapes from the sealed contracts; the examples from their golden documents.
/// </summary>
internal sealed partial class ApiDescription
{
    private static readonly JsonSerializerOptions Pretty = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Dictionary<string, ContractFolder> _contracts;
    private readonly Dictionary<string, JsonNode> _documents;
    private readonly SortedDictionary<string, JsonNode> _schemas = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _owners = new(StringComparer.Ordinal);

    private ApiDescription(IReadOnlyList<ContractFolder> contracts)
    {
        _contracts = contracts.ToDictionary(c => c.Name);
        _documents = contracts.ToDictionary(c => c.Name, c => JsonNode.Parse(c.Schema)!);
    }

    public static string FileOf(string repository) => Path.Combine(repository, "contracts", "api.v1", "openapi.json");

    /// <summary>The description, as it is to be kept.</summary>
    public static string Compose(IReadOnlyList<ContractFolder> contracts) => new ApiDescription(contracts).Compose().ToJsonString(Pretty) + "\n";

    private JsonObject Compose()
    {
        var paths = new JsonObject();
        foreach (var operation in ApiOperations.All)
        {
            if (paths[operation.Path] is null)
                paths[operation.Path] = new JsonObject();
            paths[operation.Path]![operation.Method.ToLowerInvariant()] = Describe(operation);
        }

        var problem = Content(typeof(Problem));
        return new JsonObject
        {
            ["openapi"] = "3.1.1",
            ["info"] = new JsonObject
            {
                ["title"] = "Vexa",
                ["version"] = "1",
                ["summary"] = "Coding agents as isolated, streamed, resumable work over git workspaces.",
                ["description"] = "Every refusal is a problem (RFC 9457) whose rule is stable: it says what refused, and its hint what would allow it.",
                ["license"] = new JsonObject { ["name"] = "Apache-2.0", ["identifier"] = "Apache-2.0" },
            },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "/", ["description"] = "Where control listens; by default http on 127.0.0.1, port 7420." }),
            ["security"] = new JsonArray(new JsonObject { ["token"] = new JsonArray() }),
            ["tags"] = new JsonArray([.. ApiOperations.All.Select(o => o.Tag).Distinct().Select(tag => new JsonObject { ["name"] = tag, ["description"] = TagText(tag) })]),
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["securitySchemes"] = new JsonObject
                {
                    ["token"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer", ["description"] = "An API token, as vexa up prints the first one." },
                },
                ["responses"] = new JsonObject
                {
                    ["Problem"] = new JsonObject
                    {
                        ["description"] = "Refused or failed: the rule says why, the hint what mends it.",
                        ["content"] = new JsonObject { [Problem.MediaType] = problem },
                    },
                },
                ["schemas"] = new JsonObject(_schemas.Select(s => KeyValuePair.Create(s.Key, (JsonNode?)s.Value))),
            },
        };
    }

    private JsonObject Describe(ApiOperation operation)
    {
        var described = new JsonObject
        {
            ["operationId"] = operation.Id,
            ["tags"] = new JsonArray(operation.Tag),
            ["summary"] = operation.Summary,
        };
        if (operation.IsOpen)
            described["security"] = new JsonArray();
        if (Parameters(operation) is { Count: > 0 } parameters)
            described["parameters"] = parameters;
        if (operation.Body is { } body)
            described["requestBody"] = new JsonObject { ["required"] = true, ["content"] = new JsonObject { ["application/json"] = Content(body) } };

        else if (operation.BodyMediaType is { } media)
            described["requestBody"] = new JsonObject { ["required"] = true, ["content"] = new JsonObject { [media] = new JsonObject() } };

        var answer = new JsonObject { ["description"] = operation.Answers };
        if (operation.Headers.Count > 0)
            answer["headers"] = new JsonObject(operation.Headers.Select(h => KeyValuePair.Create(h.Key, (JsonNode?)new JsonObject { ["description"] = h.Value, ["schema"] = new JsonObject { ["type"] = "string" } })));
        if (Contents(operation) is { Count: > 0 } contents)
            answer["content"] = contents;
        described["responses"] = new JsonObject([KeyValuePair.Create(operation.Status.ToString(CultureInfo.InvariantCulture), (JsonNode?)answer), .. Refusals(operation)]);
        return described;
    }

    private JsonObject Contents(ApiOperation operation)
    {
        var contents = new JsonObject();
        if (operation.Answer is { } answer)
            contents["application/json"] = operation.IsList ? new JsonObject { ["schema"] = new JsonObject { ["type"] = "array", ["items"] = Schema(answer) } } : Content(answer);
        foreach (var media in operation.MediaTypes)
            contents[media] = new JsonObject
            {
                ["schema"] = media == "text/event-stream"
                    ? new JsonObject { ["type"] = "string", ["description"] = "Server-sent events (WHATWG HTML §9.2). The data of each is a UnitEvent (components/schemas); its event is the UnitEvent's type.", ["examples"] = new JsonArray("id: 2\nevent: message-delta\ndata: {\"type\":\"message-delta\",\"text\":\"Recorded.\",\"seq\":2,\"dispatch\":\"d-1\",\"turn\":\"t-1\",\"at\":\"2026-07-01T09:00:00Z\"}\n\n") }
                    : media == "application/json" ? new JsonObject { ["type"] = "object" } : media.StartsWith("text/", StringComparison.Ordinal) ? new JsonObject { ["type"] = "string" } : new JsonObject(),
            };
        return contents;
    }

    // Each of them is the one problem, with the rules that the status stands for here.
    private static IEnumerable<KeyValuePair<string, JsonNode?>> Refusals(ApiOperation operation)
    {
        var refusals = operation.Refusals.ToDictionary(r => r.Key, r => r.Value);
        if (!operation.IsOpen)
            refusals[401] = ["unauthenticated"];

        foreach (var (status, rules) in refusals.OrderBy(r => r.Key))
            yield return KeyValuePair.Create(status.ToString(CultureInfo.InvariantCulture), (JsonNode?)new JsonObject { ["$ref"] = "#/components/responses/Problem", ["description"] = $"Refused: {string.Join(", ", rules)}." });
        yield return KeyValuePair.Create("4XX", (JsonNode?)new JsonObject { ["$ref"] = "#/components/responses/Problem" });
        yield return KeyValuePair.Create("5XX", (JsonNode?)new JsonObject { ["$ref"] = "#/components/responses/Problem" });
    }

    private JsonArray Parameters(ApiOperation operation)
    {
        var parameters = new JsonArray();
        foreach (Match name in PathParameter().Matches(operation.Path))
            parameters.Add((JsonNode)new JsonObject
            {
                ["name"] = name.Groups[1].Value, ["in"] = "path", ["required"] = true, ["description"] = $"The id of the {name.Groups[1].Value}.",
                ["schema"] = Reference("common.v1", "Slug"),
            });
        foreach (var parameter in operation.Parameters)
            parameters.Add((JsonNode)new JsonObject
            {
                ["name"] = parameter.Name, ["in"] = parameter.In, ["required"] = parameter.IsRequired, ["description"] = parameter.Description,
                ["schema"] = new JsonObject { ["type"] = parameter.Type },
            });
        return parameters;
    }

    private JsonObject Content(Type type)
    {
        var content = new JsonObject { ["schema"] = Schema(type) };
        var (contract, shape) = ShapeOf(type);
        var goldens = _contracts[contract].Goldens().Where(g => g.Shape == shape).ToList();
        if (goldens.Count > 0)
            content["examples"] = new JsonObject(goldens.Select(g => KeyValuePair.Create(g.Case[(shape.Length + 1)..], (JsonNode?)new JsonObject { ["value"] = JsonNode.Parse(g.Document) })));
        return content;
    }

    private JsonObject Schema(Type type)
    {
        var (contract, shape) = ShapeOf(type);
        return Reference(contract, shape);
    }

    private JsonObject Reference(string contract, string shape)
    {
        if (!_owners.TryAdd(shape, contract))
        {
            if (_owners[shape] != contract)
                throw new InvalidDataException($"{contract} and {_owners[shape]} both have a shape {shape} that the API tells.");
        }
        else
            _schemas[shape] = Rewrite(contract, _documents[contract]["$defs"]![shape]!.DeepClone());

        return new JsonObject { ["$ref"] = $"#/components/schemas/{shape}" };
    }

    // References between contracts become references between the description's own components, which brings those in.
    private JsonNode Rewrite(string contract, JsonNode schema)
    {
        switch (schema)
        {
            case JsonObject map:
                if (map["$ref"]?.GetValue<string>() is { } target)
                {
                    var owner = target.StartsWith('#') ? contract : target["urn:vexa:contract:".Length..].Split('#')[0];
                    map["$ref"] = Reference(owner, target.Split('/')[^1])["$ref"]!.GetValue<string>();
                }

                foreach (var child in map.Select(p => p.Value).OfType<JsonNode>().ToList())
                    Rewrite(contract, child);
                break;
            case JsonArray list:
                foreach (var child in list.OfType<JsonNode>())
                    Rewrite(contract, child);
                break;
        }

        return schema;
    }

    private static (string Contract, string Shape) ShapeOf(Type type)
    {
        var contract = type.GetCustomAttributes<ContractAttribute>().First();
        return (contract.Name, contract.Shape ?? type.Name);
    }

    private static string TagText(string tag) => tag switch
    {
        "chat" => "Talk with agents.",
        "runs" => "What ran, what came of it, stop it, take it back.",
        "workspaces" => "The knowledge that agents work on: git folders.",
        "keys" => "The keys that seal the bucket, over the local socket of the machine only.",
        "tokens" => "API tokens, over the local socket of the machine only.",
        _ => "The API itself.",
    };

    [GeneratedRegex(@"\{([a-z]+)\}")]
    private static partial Regex PathParameter();
}
