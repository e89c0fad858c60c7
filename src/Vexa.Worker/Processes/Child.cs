using System.Buffers;
using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace Vexa.Worker.Processes;

/// <summary>
/// A process that we started. A thread of its own reads both pipes; at most <see cref="Slots"/> chunks wait to be consumed, then it
/// stops reading and the process waits in its next write.
/// </summary>
internal sealed class Child : IDisposable
{
    private const int ChunkSize = 32 * 1024;
    private const int Slots = 4;

    private readonly TaskCompletionSource<ExitStatus> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<Chunk> _output = Channel.CreateUnbounded<Chunk>(new() { SingleReader = true, SingleWriter = true });
    private readonly SemaphoreSlim _free = new(Slots);
    private readonly TailBuffer _errors = new(8 * 1024);
    private volatile bool _abandoned;

    public Child(int pid, int stdout, int stderr)
    {
        Pid = pid;
        new Thread(() => Read(stdout, stderr), 256 * 1024) { IsBackground = true, Name = "child output" }.Start();
    }

    /// <summary>Also the id of its session and process group.</summary>
    public int Pid { get; }

    public Task<ExitStatus> Exited => _exited.Task;

    /// <summary>The last 8 KiB of its standard error.</summary>
    public string Errors => System.Text.Encoding.UTF8.GetString(_errors.ToArray());

    /// <summary>Hands its standard output to <paramref name="sink"/>, piece by piece, until the last holder of the pipe has closed it.</summary>
    public async Task Consume(Func<ReadOnlyMemory<byte>, ValueTask> sink)
    {
        await foreach (var chunk in _output.Reader.ReadAllAsync())
        {
            try
            {
                await sink(chunk.Bytes.AsMemory(0, chunk.Length));
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(chunk.Bytes);
                _free.Release();
            }
        }
    }

    public void SignalGroup(int signal) => _ = Libc.Kill(-Pid, signal);

    public void Dispose() => _abandoned = true;

    internal void SetExited(ExitStatus status) => _exited.TrySetResult(status);

    private unsafe void Read(int stdout, int stderr)
    {
        var fds = stackalloc Libc.PollFd[2];
        fds[0] = new() { Fd = stdout, Events = Libc.PollIn };
        fds[1] = new() { Fd = stderr, Events = Libc.PollIn };
        var errors = stackalloc byte[4096];
        // A closed descriptor becomes -1, which poll passes over.
        while (!_abandoned && (fds[0].Fd >= 0 || fds[1].Fd >= 0))
        {
            if (Libc.Poll(fds, 2, 250) <= 0)
                continue;
            if (fds[1].Fd >= 0 && fds[1].Happened != 0)
            {
                var count = Libc.Read(stderr, errors, 4096);
                if (count > 0)
                    _errors.Append(new(errors, (int)count));
                else if (IsEnd(count))
                    Close(ref fds[1]);
            }

            if (fds[0].Fd >= 0 && fds[0].Happened != 0 && _free.Wait(250))
                ReadChunk(ref fds[0]);
        }

        if (fds[0].Fd >= 0)
            Close(ref fds[0]);
        if (fds[1].Fd >= 0)
            Close(ref fds[1]);
        _output.Writer.TryComplete();
    }

    private unsafe void ReadChunk(ref Libc.PollFd fd)
    {
        var chunk = ArrayPool<byte>.Shared.Rent(ChunkSize);
        nint count;
        fixed (byte* start = chunk)
            count = Libc.Read(fd.Fd, start, ChunkSize);
        if (count > 0)
        {
            _output.Writer.TryWrite(new(chunk, (int)count));
            return;
        }

        ArrayPool<byte>.Shared.Return(chunk);
        _free.Release();
        if (IsEnd(count))
        {
            Close(ref fd);
            // Standard error may be held open for longer; the output is complete already.
            _output.Writer.TryComplete();
        }
    }

    private static bool IsEnd(nint count) => count == 0 || Marshal.GetLastPInvokeError() != Libc.EIntr;

    private static void Close(ref Libc.PollFd fd)
    {
        _ = Libc.Close(fd.Fd);
        fd.Fd = -1;
    }

    private readonly record struct Chunk(byte[] Bytes, int Length);
}
