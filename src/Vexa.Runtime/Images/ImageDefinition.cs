using System.Text.Json;
using Vexa.Contracts;

namespace Vexa.Runtime.Images;

/// <summary>What an image is made of; the file <c>images/&lt;name&gt;/image.json</c> of the repository.</summary>
internal sealed record ImageDefinition
{
    public required string Name { get; init; }

    /// <summary>The Debian release: <c>bookworm</c>.</summary>
    public required string Suite { get; init; }

    /// <summary>Debian packages, beside the smallest set that boots a shell.</summary>
    public required IReadOnlyList<string> Packages { get; init; }

    /// <exception cref="VexaException">Rule <c>image-definition</c>.</exception>
    public static ImageDefinition Read(string file)
    {
        try
        {
            var definition = JsonSerializer.Deserialize(File.ReadAllBytes(file), ImageJson.Default.ImageDefinition);
            if (definition is { Packages: not null } && Slug.IsValid(definition.Name) && Slug.IsValid(definition.Suite) && definition.Packages.All(IsPackageName))
                return definition;
        }
        catch (Exception fault) when (fault is JsonException or IOException)
        {
            throw Bad(file, fault);
        }

        throw Bad(file, inner: null);
    }

    // It becomes part of an argument: so nothing but Debian's own grammar of names.
    private static bool IsPackageName(string name) =>
        name.Length is > 1 and < 100 && char.IsAsciiLetterOrDigit(name[0]) && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '+' or '-' or '.');

    private static VexaException Bad(string file, Exception? inner) => new(Stage.RuntimeStart, Party.Operator, "image-definition",
        $"The image definition {file} cannot be used.", "It needs name, suite and packages, each a plain name.", inner);
}
