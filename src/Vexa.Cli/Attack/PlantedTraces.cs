namespace Vexa.Cli.Attack;

/// <summary>
/// Attacks plant programs where trusted code could come by, and each leaves a file here if it runs outside of its container. Trusted git runs
/// as the agent's user and not as root: so everybody may write here, and there is no folder above that would keep anybody out.
/// </summary>
internal sealed class PlantedTraces : IDisposable
{
    /// <param name="tag">The run's own.</param>
    public PlantedTraces(string tag)
    {
        Folder = Directory.CreateDirectory($"/tmp/vexa-attack-{tag}-planted").FullName;
        // By itself: the creation would be subject to the umask.
        File.SetUnixFileMode(Folder, (UnixFileMode)0x3FF); // 1777
    }

    public string Folder { get; }

    public NodeCheck Check() => NodeLeftovers.Nothing("nothing that was planted ran outside", Directory.EnumerateFileSystemEntries(Folder));

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
