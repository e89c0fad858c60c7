using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using Vexa.Contracts;
using Vexa.Schemas;
using Vexa.Streams;
using Vexa.Workspaces;

namespace Vexa.Control.Runs;

/// <summary>
/// The transcripts of ended runs in the bucket, <c>transcripts/&lt;id&gt;</c>: one event a line. A transcript may be larger than the memory
/// that this process should take, so it goes through in pieces, both ways.
/// </summary>
internal sealed class Transcripts(UnitStream stream, IBucket bucket)
{
    private const int ReadAtOnce = 48;

    /// <summary>Puts what the stream of a run holds; durable when this returns.</summary>
    public async Task Keep(DispatchId id, CancellationToken ct)
    {
        var pipe = new Pipe();
        var reading = Fill(pipe.Writer, () => ReadStream(id, pipe.Writer, ct));
        try
        {
            await using var content = pipe.Reader.AsStream();
            await bucket.Put(Key(id), content, PutCondition.None, ct);
        }
        finally
        {
            await reading;
        }
    }

    /// <summary>The frames after <paramref name="after"/>; none where there is no transcript.</summary>
    public async IAsyncEnumerable<StreamFrame> Read(DispatchId id, long after, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var line in Lines(id, ct))
            if (Parse(line) is var frame && frame.Seq > after)
                yield return frame;
    }

    /// <summary>The number of the last frame; 0 where there is no transcript.</summary>
    public async Task<long> LastSeq(DispatchId id, CancellationToken ct)
    {
        ReadOnlyMemory<byte>? last = null;
        await foreach (var line in Lines(id, ct))
            last = line;

        return last is { } found ? Parse(found).Seq : 0;
    }

    /// <summary>Puts the last of what a container wrote beside its events, <c>outputs/&lt;id&gt;</c>; nothing where it wrote nothing.</summary>
    public Task KeepOutput(DispatchId id, string? output, CancellationToken ct) =>
        string.IsNullOrEmpty(output) ? Task.CompletedTask : bucket.Put(OutputKey(id), Encoding.UTF8.GetBytes(output), PutCondition.None, ct);

    /// <summary>What <see cref="KeepOutput"/> put; empty where nothing was.</summary>
    public async Task<string> ReadOutput(DispatchId id, CancellationToken ct)
    {
        using var content = new MemoryStream();
        await bucket.CopyTo(OutputKey(id), content, ct);
        return Encoding.UTF8.GetString(content.GetBuffer(), 0, (int)content.Length);
    }

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> Lines(DispatchId id, [EnumeratorCancellation] CancellationToken ct)
    {
        var pipe = new Pipe();
        using var left = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var reading = Fill(pipe.Writer, () => bucket.CopyTo(Key(id), pipe.Writer.AsStream(leaveOpen: true), left.Token));
        try
        {
            while (true)
            {
                var read = await pipe.Reader.ReadAsync(ct);
                var rest = read.Buffer;
                while (rest.PositionOf((byte)'\n') is { } end)
                {
                    yield return rest.Slice(0, end).ToArray();
                    rest = rest.Slice(rest.GetPosition(1, end));
                }

                pipe.Reader.AdvanceTo(rest.Start, rest.End);
                if (read.IsCompleted)
                    yield break;
            }
        }
        finally
        {
            await left.CancelAsync();
            await pipe.Reader.CompleteAsync();
            await reading;
        }
    }

    private async Task ReadStream(DispatchId id, PipeWriter to, CancellationToken ct)
    {
        var newLine = "\n"u8.ToArray();
        long after = 0;
        while (true)
        {
            var frames = await stream.Read(id, after, ReadAtOnce, ct);
            foreach (var frame in frames)
            {
                await to.WriteAsync(frame.Json, ct);
                if ((await to.WriteAsync(newLine, ct)).IsCompleted)
                    return;

                after = frame.Seq;
            }

            if (frames.Count < ReadAtOnce)
                return;
        }
    }

    // Never fails itself: what went wrong comes out at the other end.
    private static async Task Fill(PipeWriter to, Func<Task> write)
    {
        try
        {
            await write();
            await to.CompleteAsync();
        }
        catch (Exception fault)
        {
            await to.CompleteAsync(fault);
        }
    }

    private static StreamFrame Parse(ReadOnlyMemory<byte> line)
    {
        var unitEvent = Contract.Read(line.Span, VexaJson.Default.UnitEvent);
        return new StreamFrame(unitEvent.Seq, EventTypes.NameOf(unitEvent), unitEvent.Turn?.Value ?? "", line);
    }

    private static string Key(DispatchId id) => $"transcripts/{id}";

    private static string OutputKey(DispatchId id) => $"outputs/{id}";
}
