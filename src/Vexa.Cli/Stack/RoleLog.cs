namespace Vexa.Cli.Stack;

/// <summary>The log of a role: what it prints, in a file that is turned once over its size, so two files at most.</summary>
internal sealed class RoleLog : IDisposable
{
    /// <summary>In bytes.</summary>
    public const long DefaultLimit = 8 * 1024 * 1024;

    private const int LongestLine = 64 * 1024;

    public string Path { get; }
    private readonly long _limit;
    private readonly Lock _writing = new();
    private FileStream _file;

    public RoleLog(string path, long limit = DefaultLimit)
    {
        Path = path;
        _limit = limit;
        _file = Open(path);
    }

    /// <summary>In bytes, of the file that is being written.</summary>
    public long Length
    {
        get
        {
            lock (_writing)
                return _file.Length;
        }
    }

    /// <summary>Copies a stream until it ends, whole lines at a time, so that two streams of one role do not mix within a line.</summary>
    public async Task Pump(Stream source, CancellationToken ct)
    {
        var buffer = new byte[LongestLine];
        var filled = 0;
        while (await source.ReadAsync(buffer.AsMemory(filled), ct) is var read and > 0)
        {
            filled += read;
            var end = filled == buffer.Length ? filled : buffer.AsSpan(0, filled).LastIndexOf((byte)'\n') + 1;
            Append(buffer.AsSpan(0, end));
            buffer.AsSpan(end, filled - end).CopyTo(buffer);
            filled -= end;
        }

        Append(buffer.AsSpan(0, filled));
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;

        lock (_writing)
        {
            try
            {
                if (_file.Length + bytes.Length > _limit)
                    Turn();
                _file.Write(bytes);
                _file.Flush();
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                // A full disk costs lines of the log. Were they waited for, the role would stand still with its output unread.
            }
        }
    }

    public void Dispose() => _file.Dispose();

    /// <summary>The last lines of a log.</summary>
    /// <param name="from">A <see cref="Length"/>: what was there before it is left out, unless the file was turned since.</param>
    public static IReadOnlyList<string> Tail(string path, int lines, long from = 0)
    {
        if (!File.Exists(path))
            return [];

        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        // Wide enough for any tail that fits a screen or ten; the rest of a huge log is not read.
        file.Seek(Math.Max(from <= file.Length ? from : 0, file.Length - Math.Max(256 * 1024, lines * 200L)), SeekOrigin.Begin);
        using var reader = new StreamReader(file);
        return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(lines)];
    }

    // The new file is open before the old one is let go: where this fails, on a full disk, there is still a file to write to.
    private void Turn()
    {
        var next = Open(Path + ".new");
        try
        {
            // Not there where the last attempt got no further than this.
            if (File.Exists(Path))
                File.Move(Path, Path + ".1", overwrite: true);
            File.Move(Path + ".new", Path);
        }
        catch
        {
            next.Dispose();
            throw;
        }

        _file.Dispose();
        _file = next;
    }

    private static FileStream Open(string path) => new(path, new FileStreamOptions
    {
        Mode = FileMode.Append,
        Access = FileAccess.Write,
        Share = FileShare.ReadWrite | FileShare.Delete,
        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        BufferSize = 0,
    });
}
