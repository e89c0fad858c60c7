using System.Collections.Concurrent;

namespace Vexa.Runtime.Native;

/// <summary>
/// Waits for the end of every container's first process and reads what the containers write: one thread in one <c>poll(2)</c>,
/// however many there are, and nothing that wakes up on a timer.
/// </summary>
/// <remarks>
/// A container that floods its output costs this thread at most one read of <see cref="OutputRing.Capacity"/> a round, so it
/// cannot starve the others; the pipe's own size then slows it down.
/// </remarks>
internal sealed class ProcessWatch : IDisposable
{
    private readonly ConcurrentQueue<WatchedProcess> _arriving = new();
    private readonly List<WatchedProcess> _watched = [];
    private readonly byte[] _buffer = new byte[OutputRing.Capacity];
    private readonly int _wake = Libc.EventFd();
    private readonly Thread _thread;
    private volatile bool _stopping;

    public ProcessWatch()
    {
        _thread = new Thread(Loop) { IsBackground = true, Name = "process-watch" };
        _thread.Start();
    }

    /// <summary>Takes over both descriptors and closes them when the process has ended.</summary>
    /// <param name="pidfd">The process.</param>
    /// <param name="output">A non-blocking descriptor that the process writes to.</param>
    public WatchedProcess Add(int pidfd, int output)
    {
        var process = new WatchedProcess(pidfd, output);
        _arriving.Enqueue(process);
        Libc.Wake(_wake);
        return process;
    }

    /// <summary>Stops watching. Processes live on; their <see cref="WatchedProcess.Ended"/> stays open.</summary>
    public void Dispose()
    {
        if (_stopping)
            return;

        _stopping = true;
        Libc.Wake(_wake);
        _thread.Join();
        Libc.Close(_wake);
        while (_arriving.TryDequeue(out var process))
            _watched.Add(process);
        foreach (var process in _watched)
            process.Close();
    }

    private void Loop()
    {
        var fds = new PollFd[64];
        while (!_stopping)
        {
            while (_arriving.TryDequeue(out var process))
                _watched.Add(process);

            var count = 1 + 2 * _watched.Count;
            if (fds.Length < count)
                Array.Resize(ref fds, count * 2);

            fds[0] = Waiting(_wake);
            for (var i = 0; i < _watched.Count; i++)
            {
                fds[1 + 2 * i] = Waiting(_watched[i].Pidfd);
                fds[2 + 2 * i] = Waiting(_watched[i].Output);
            }

            Libc.Poll(fds.AsSpan(0, count));

            if (fds[0].Returned != 0)
                _ = Libc.ReadAvailable(_wake, _buffer);

            for (var i = _watched.Count - 1; i >= 0; i--)
            {
                var process = _watched[i];
                if (fds[2 + 2 * i].Returned != 0)
                    process.Read(_buffer);

                if (fds[1 + 2 * i].Returned != 0)
                {
                    _watched.RemoveAt(i);
                    process.End(_buffer);
                }
            }
        }
    }

    private static PollFd Waiting(int fd) => new() { Fd = fd, Events = PollFd.Readable };
}

/// <summary>A container's first process, from its start to its end.</summary>
internal sealed class WatchedProcess(int pidfd, int output)
{
    // What the pipe can hold after the writer is gone, and some more.
    private const int MostReadsAtEnd = 32;

    private readonly Lock _lock = new();
    private readonly TaskCompletionSource<int?> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly OutputRing _ring = new();
    private bool _closed;

    internal int Pidfd => pidfd;

    internal int Output => output;

    /// <summary>Completes when the process has ended: with its exit code (128 + signal), or null where it was not ours to collect.</summary>
    public Task<int?> Ended => _ended.Task;

    public OutputRing Written => _ring;

    /// <summary>Signals the process; does nothing where it has ended.</summary>
    public void Signal(int signal)
    {
        lock (_lock)
            if (!_closed)
                Libc.SendSignal(pidfd, signal);
    }

    internal int Read(byte[] buffer)
    {
        var read = Libc.ReadAvailable(output, buffer);
        _ring.Write(buffer.AsSpan(0, read));
        return read;
    }

    internal void End(byte[] buffer)
    {
        // Bounded: a child that outlives its parent for a moment may still be writing.
        for (var i = 0; i < MostReadsAtEnd && Read(buffer) > 0; i++)
        {
        }

        var exitCode = Libc.Reap(pidfd);
        Close();
        _ended.TrySetResult(exitCode);
    }

    internal void Close()
    {
        lock (_lock)
        {
            if (_closed)
                return;

            _closed = true;
            Libc.Close(pidfd);
            Libc.Close(output);
        }
    }
}
