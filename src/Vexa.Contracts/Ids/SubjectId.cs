using System.Text.Json.Serialization;

namespace Vexa.Contracts;

/// <summary>Names the person on whose behalf a dispatch runs.</summary>
[JsonConverter(typeof(IdJsonConverter<SubjectId>))]
public readonly record struct SubjectId : IId<SubjectId>
{
    private readonly string? _value;

    private SubjectId(string value) => _value = value;

    public static string Noun => "subject id";

    public string Value => _value ?? throw new InvalidOperationException("The subject id was never set.");

    public static SubjectId FromValid(string text) => new(text);

    public override string ToString() => _value ?? "";
}
