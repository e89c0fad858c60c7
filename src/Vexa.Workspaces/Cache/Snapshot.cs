using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>A workspace as the bucket had it at one generation, with all its objects unpacked in <see cref="Repository"/>.</summary>
/// <param name="ETag">Of the manifest, for the conditional put of the next one.</param>
internal sealed record Snapshot(Manifest Manifest, string ETag, string Repository)
{
    public const string Trunk = "refs/heads/main";

    public string Tip => Manifest.Refs[Trunk];
}
