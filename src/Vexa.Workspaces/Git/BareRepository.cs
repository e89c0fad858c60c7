namespace Vexa.Workspaces;

/// <summary>A bare repository made without git: three folders and two files, in no time.</summary>
internal static class BareRepository
{
    public static void Make(string folder)
    {
        MakeObjects(Path.Combine(folder, "objects"));
        Directory.CreateDirectory(Path.Combine(folder, "refs", "heads"), OwnerOnly);
        File.WriteAllText(Path.Combine(folder, "config"), "[core]\n\trepositoryformatversion = 0\n\tbare = true\n");
        // Last, because git takes a folder without it for no repository.
        File.WriteAllText(Head(folder), "ref: refs/heads/main\n");
    }

    public static void MakeObjects(string folder)
    {
        Directory.CreateDirectory(Path.Combine(folder, "pack"), OwnerOnly);
        Directory.CreateDirectory(Path.Combine(folder, "info"), OwnerOnly);
    }

    public static bool IsWhole(string folder) =>
        File.Exists(Head(folder)) && File.Exists(Path.Combine(folder, "config"))
        && Directory.Exists(Path.Combine(folder, "objects", "pack")) && Directory.Exists(Path.Combine(folder, "refs"));

    private static string Head(string folder) => Path.Combine(folder, "HEAD");

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
}
