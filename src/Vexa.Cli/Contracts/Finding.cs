namespace Vexa.Cli.Contracts;

/// <summary>Something that is wrong.</summary>
/// <param name="Check">Which of the checks found it: <c>schema</c>, <c>golden</c>, <c>rejected</c>, <c>record</c>, <c>openapi</c>, <c>seal</c>, <c>retired</c>.</param>
internal sealed record Finding(string Contract, string Check, string Text);
