using Vexa.Runtime.Images;

namespace Vexa.Runtime.Docker;

/// <summary>What an image of ours is called in an engine: <c>vexa-agent:0123456789ab</c>. Another content is another name.</summary>
internal static class ImageTag
{
    private const int DigestCharacters = 12;

    public static string Of(ImageLayers image) => Of(image.Name, image.Digest);

    public static string Of(string name, string digest) => $"vexa-{name}:{digest["sha256:".Length..][..DigestCharacters]}";
}
