using Vexa.Contracts;

namespace Vexa.Workspaces;

/// <summary>Opens the sealed object that is written to it, to nowhere, and remembers what is wrong with it. It never fails itself.</summary>
/// <param name="seal">Null where nobody knows what opens it: then nothing is wrong.</param>
internal sealed class JudgingStream(ObjectSeal? seal, string key) : Stream
{
    private readonly OpeningStream? _opening = seal is null ? null : new OpeningStream(Null, seal, key);
    private Stream? _passOn;
    private VexaException? _fault;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>What is written goes on to there, as it is.</summary>
    public JudgingStream Before(Stream passOn)
    {
        _passOn = passOn;
        return this;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await Judge(() => _opening!.WriteAsync(buffer, cancellationToken).AsTask());
        if (_passOn is not null)
            await _passOn.WriteAsync(buffer, cancellationToken);
    }

    /// <summary>The object ends here.</summary>
    public async Task<VexaException?> Finish(CancellationToken ct)
    {
        await Judge(() => _opening!.Finish(ct));
        return _fault;
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _opening?.Dispose();
        base.Dispose(disposing);
    }

    private async Task Judge(Func<Task> open)
    {
        if (_opening is null || _fault is not null)
            return;

        try
        {
            await open();
        }
        catch (VexaException fault)
        {
            _fault = fault;
        }
    }
}
