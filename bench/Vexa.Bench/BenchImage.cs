using Vexa.Runtime.Images;

namespace Vexa.Bench;

/// <summary>The agent image of this installation; what is measured runs in it.</summary>
internal static class BenchImage
{
    public static string Folder { get; } = Path.Combine(
        Environment.GetEnvironmentVariable("VEXA_DATA") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local/share/vexa"), "images");

    /// <summary>The root file system, which runc wants without a symbolic link in its path.</summary>
    public static string Root
    {
        get
        {
            var image = new ImageStore(Folder).Find("agent") ?? throw new InvalidOperationException("There is no agent image. Run: ./vexa image build");
            var folder = new DirectoryInfo(Folder);
            return Path.Combine((folder.ResolveLinkTarget(returnFinalTarget: true) ?? folder).FullName, "agent", "layers", image.Base);
        }
    }
}
