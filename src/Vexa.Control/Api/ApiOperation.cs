using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Vexa.Control.Api;

/// <summary>One operation of the HTTP API: its route, and all that a client has to know of it. What is served and what is described come from it.</summary>
public sealed record ApiOperation
{
    /// <summary><c>GET</c>, <c>POST</c> or <c>DELETE</c>.</summary>
    public required string Method { get; init; }

    /// <summary><c>/v1/runs/{run}</c>.</summary>
    public required string Path { get; init; }

    /// <summary>Unique among the operations; clients that are generated call their method so: <c>listRuns</c>.</summary>
    public required string Id { get; init; }

    public required string Tag { get; init; }

    /// <summary>One sentence.</summary>
    public required string Summary { get; init; }

    /// <summary>The record that the body is; null where there is none.</summary>
    public Type? Body { get; init; }

    /// <summary>The form of a body that is no JSON.</summary>
    public string? BodyMediaType { get; init; }

    public int Status { get; init; } = 200;

    /// <summary>What an answer says.</summary>
    public required string Answers { get; init; }

    /// <summary>The record that the answer is, and then it is JSON.</summary>
    public Type? Answer { get; init; }

    /// <summary>The answer is a JSON array of <see cref="Answer"/>.</summary>
    public bool IsList { get; init; }

    /// <summary>Other forms of the answer: <c>text/event-stream</c>, <c>text/plain</c>.</summary>
    public IReadOnlyList<string> MediaTypes { get; init; } = [];

    public IReadOnlyList<ApiParameter> Parameters { get; init; } = [];

    /// <summary>Headers of the answer, and what each says.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Status → the rules that refuse with it, beside those that hold everywhere.</summary>
    public IReadOnlyDictionary<int, IReadOnlyList<string>> Refusals { get; init; } = new Dictionary<int, IReadOnlyList<string>>();

    /// <summary>Needs no token.</summary>
    public bool IsOpen { get; init; }

    /// <summary>Serves it.</summary>
    internal void Map(WebApplication app, RequestDelegate handler) => app.MapMethods(Path, [Method], handler).WithMetadata(this);
}

/// <summary>A parameter in the query or in a header; those of the path are read off the path.</summary>
/// <param name="In"><c>query</c> or <c>header</c>.</param>
/// <param name="Type"><c>string</c> or <c>integer</c>.</param>
public sealed record ApiParameter(string In, string Name, string Type, string Description, bool IsRequired = false);
