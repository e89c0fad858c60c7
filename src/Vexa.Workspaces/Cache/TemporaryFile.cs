namespace Vexa.Workspaces;

/// <summary>A file without a name: whatever happens to the process, nothing of it stays behind.</summary>
internal static class TemporaryFile
{
    public static FileStream Create(string folder)
    {
        var path = Path.Combine(folder, Guid.NewGuid().ToString("N"));
        var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            BufferSize = 64 * 1024,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        File.Delete(path);
        return file;
    }
}
