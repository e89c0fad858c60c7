using System.Text.Json;

namespace Vexa.Schemas;

/// <summary>A document that its contract refuses.</summary>
public sealed class ContractException(string shape, SchemaFault fault, Exception? inner = null)
    : JsonException($"{(fault.Pointer.Length == 0 ? "The document" : Shown(fault.Pointer))} {fault.Text} ({shape}).", inner)
{
    public SchemaFault Fault { get; } = fault;

    // Names come from strangers, and a message goes to logs and terminals.
    private static string Shown(string pointer) =>
        string.Concat(pointer.Select(c => char.IsControl(c) || char.GetUnicodeCategory(c) is System.Globalization.UnicodeCategory.Format or System.Globalization.UnicodeCategory.Surrogate ? '\ufffd' : c));
}

/// <summary>The first thing that is wrong with a document.</summary>
/// <param name="Pointer">JSON pointer (RFC 6901); empty for the document as a whole.</param>
/// <param name="Text">What is wrong, as the end of a sentence that begins with the place: <c>lacks 'id'</c>.</param>
public sealed record SchemaFault(string Pointer, string Text);
