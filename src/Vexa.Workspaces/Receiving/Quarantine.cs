using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>
/// A folder of our own for one receipt: the bundle as it came, and the objects unpacked from it, which the workspace's repository never
/// sees. Gone when it is disposed.
/// </summary>
internal sealed class Quarantine : IDisposable
{
    private readonly string _folder;

    public Quarantine(string incoming)
    {
        _folder = Path.Combine(incoming, Guid.NewGuid().ToString("N"));
        Objects = Path.Combine(_folder, "objects");
        Prepare();
    }

    public string Objects { get; }

    /// <summary>Makes its folders, also again: the cache folder they lie in may have been deleted, and what broke off has left half a pack.</summary>
    public void Prepare()
    {
        if (Directory.Exists(Objects))
            Directory.Delete(Objects, recursive: true);

        BareRepository.MakeObjects(Objects);
    }

    public FileStream NewFile() => TemporaryFile.Create(_folder);

    /// <summary>A repository of its own in here.</summary>
    /// <param name="borrowsFrom">Another one, whose objects it has too.</param>
    public string NewRepository(string? borrowsFrom = null)
    {
        var folder = Path.Combine(_folder, $"repository-{Guid.NewGuid():N}");
        BareRepository.Make(folder);
        if (borrowsFrom is not null)
            File.WriteAllText(Path.Combine(folder, "objects", "info", "alternates"), Path.Combine(borrowsFrom, "objects") + "\n");

        return folder;
    }

    /// <exception cref="VexaException">413 <c>bundle-too-large</c>.</exception>
    public async Task<FileStream> Spool(Stream source, long largest, CancellationToken ct)
    {
        var file = NewFile();
        try
        {
            var buffer = new byte[128 * 1024];
            while (await source.ReadAsync(buffer, ct) is > 0 and var read)
            {
                if (file.Length + read > largest)
                    throw new VexaException(Stage.WorkspaceCommit, Party.Agent, "bundle-too-large", $"The bundle is larger than {largest} bytes.",
                        "Commit less in one turn, and keep large files out of the workspace.")
                    { Status = 413 };

                await file.WriteAsync(buffer.AsMemory(0, read), ct);
            }

            await file.FlushAsync(ct);
            file.Position = 0;
            return file;
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    public void Dispose()
    {
        try
        {
            Directory.Delete(_folder, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // The cache folder may be deleted at any time.
        }
    }
}
