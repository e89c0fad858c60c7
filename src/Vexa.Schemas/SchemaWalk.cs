using System.Text.Json;

namespace Vexa.Schemas;

/// <summary>One pass over a document. A node finds the reader on the first token of its value and leaves it on the last.</summary>
internal ref struct SchemaWalk(Utf8JsonReader reader, bool tolerant)
{
    public Utf8JsonReader Reader = reader;

    /// <summary>The reader is a viewer: it passes over the unknown in shapes that allow it.</summary>
    public readonly bool Tolerant = tolerant;

    /// <summary>Inside of such a shape.</summary>
    public bool Lenient;

    public string? Fault { get; private set; }

    /// <summary>The byte at which the faulty token begins.</summary>
    public long FaultAt { get; private set; }

    public bool Fail(string text) => FailAt(Reader.TokenStartIndex, text);

    public bool FailAt(long at, string text)
    {
        (FaultAt, Fault) = (at, text);
        return false;
    }
}
