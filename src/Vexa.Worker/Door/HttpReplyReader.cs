using System.Globalization;
using System.Text;

namespace Vexa.Worker.Door;

/// <summary>
/// Reads HTTP/1.1 replies from a connection, one after another. Everything is bounded: 32 KiB of head, <c>maxBody</c> bytes of body.
/// Knows what RFC 9112 asks of a client of one known server: Content-Length, chunked, read-to-end, 1xx, 204 and 304.
/// </summary>
internal sealed class HttpReplyReader(Stream stream, int maxBody)
{
    private const int MaxHead = 32 * 1024;

    private readonly byte[] _buffer = new byte[8 * 1024];
    private int _start;
    private int _end;
    private int _headLeft;

    /// <summary>True once a byte of the current reply has come: the server has begun to act on the request.</summary>
    public bool Began { get; private set; }

    /// <summary>The next reply.</summary>
    /// <exception cref="IOException">The connection ended, or what came is not HTTP or too large.</exception>
    public async ValueTask<HttpReply> Read(CancellationToken cancellation)
    {
        Began = _start < _end;
        Head head;
        do
        {
            _headLeft = MaxHead;
            head = await ReadHead(cancellation);
        }
        while (head.Status is >= 100 and < 200);

        var body = head switch
        {
            { Status: 204 or 304 } => [],
            { Chunked: true, Length: not null } => throw Broken("both a length and chunks"),
            { Chunked: true } => await ReadChunks(cancellation),
            { Length: { } length } => await ReadExactly(length, cancellation),
            _ => await ReadToEnd(cancellation),
        };
        var delimited = head.Chunked || head.Length is not null || head.Status is 204 or 304;
        return new(head.Status, head.MediaType, body, head.KeepAlive && delimited);
    }

    private async ValueTask<Head> ReadHead(CancellationToken cancellation)
    {
        var status = await ReadLine(cancellation);
        if (status.Length < 12 || !status.StartsWith("HTTP/1.", StringComparison.Ordinal) || status[8] != ' '
            || !int.TryParse(status.AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var code) || code < 100)
            throw Broken("no status line");

        var head = new Head { Status = code, KeepAlive = status[7] == '1' };
        for (var line = await ReadLine(cancellation); line.Length > 0; line = await ReadLine(cancellation))
            head.Add(line);
        return head;
    }

    private async ValueTask<byte[]> ReadChunks(CancellationToken cancellation)
    {
        var body = new MemoryStream();
        while (true)
        {
            _headLeft = 1024;
            var line = await ReadLine(cancellation);
            var digits = line.AsSpan(0, line.IndexOf(';') is >= 0 and var at ? at : line.Length).Trim();
            if (!int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var size) || size < 0)
                throw Broken("a bad chunk size");
            if (size == 0)
                break;
            if (size > maxBody - body.Length)
                throw Broken("a body that is too large");

            await CopyTo(body, size, cancellation);
            if ((await ReadLine(cancellation)).Length > 0)
                throw Broken("a chunk that does not end");
        }

        _headLeft = MaxHead;
        while ((await ReadLine(cancellation)).Length > 0)
        {
            // Trailers carry nothing that we use.
        }

        return body.ToArray();
    }

    private async ValueTask<byte[]> ReadExactly(long length, CancellationToken cancellation)
    {
        if (length > maxBody)
            throw Broken("a body that is too large");

        var body = new byte[length];
        for (var filled = 0; filled < body.Length;)
        {
            if (_start == _end)
                await Fill(cancellation);
            var take = Math.Min(body.Length - filled, _end - _start);
            _buffer.AsSpan(_start, take).CopyTo(body.AsSpan(filled));
            (_start, filled) = (_start + take, filled + take);
        }

        return body;
    }

    private async ValueTask<byte[]> ReadToEnd(CancellationToken cancellation)
    {
        var body = new MemoryStream();
        while (true)
        {
            if (_start == _end && !await TryFill(cancellation))
                return body.ToArray();
            if (_end - _start > maxBody - body.Length)
                throw Broken("a body that is too large");
            body.Write(_buffer, _start, _end - _start);
            _start = _end;
        }
    }

    private async ValueTask CopyTo(MemoryStream body, int count, CancellationToken cancellation)
    {
        while (count > 0)
        {
            if (_start == _end)
                await Fill(cancellation);
            var take = Math.Min(count, _end - _start);
            body.Write(_buffer, _start, take);
            (_start, count) = (_start + take, count - take);
        }
    }

    private async ValueTask<string> ReadLine(CancellationToken cancellation)
    {
        StringBuilder? before = null;
        while (true)
        {
            if (_start == _end)
                await Fill(cancellation);
            var at = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            var take = at < 0 ? _end - _start : at + 1;
            if ((_headLeft -= take) < 0)
                throw Broken("a head that is too large");

            var part = Encoding.Latin1.GetString(_buffer, _start, take);
            _start += take;
            if (at >= 0)
                return (before is null ? part : before.Append(part).ToString()).TrimEnd('\r', '\n');
            (before ??= new()).Append(part);
        }
    }

    private async ValueTask Fill(CancellationToken cancellation)
    {
        if (!await TryFill(cancellation))
            throw Broken("the end of the connection");
    }

    private async ValueTask<bool> TryFill(CancellationToken cancellation)
    {
        _start = 0;
        _end = 0;
        _end = await stream.ReadAsync(_buffer, cancellation);
        Began |= _end > 0;
        return _end > 0;
    }

    private static IOException Broken(string what) => new($"Instead of an HTTP reply came {what}.");

    private sealed record Head
    {
        public required int Status { get; init; }
        public required bool KeepAlive { get; set; }
        public long? Length { get; private set; }
        public bool Chunked { get; private set; }
        public string MediaType { get; private set; } = "";

        public void Add(string line)
        {
            var colon = line.IndexOf(':');
            if (colon <= 0)
                throw Broken("a bad header");

            var name = line.AsSpan(0, colon);
            var value = line.AsSpan(colon + 1).Trim();
            if (name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
                Length = long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var length) && length == (Length ?? length)
                    ? length
                    : throw Broken("a bad length");
            else if (name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase))
                Chunked = value.Equals("chunked", StringComparison.OrdinalIgnoreCase) ? true : throw Broken("an unknown transfer encoding");
            else if (name.Equals("Connection", StringComparison.OrdinalIgnoreCase) && value.Equals("close", StringComparison.OrdinalIgnoreCase))
                KeepAlive = false;
            else if (name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase))
                MediaType = new string(value[..(value.IndexOf(';') is >= 0 and var end ? end : value.Length)].Trim()).ToLowerInvariant();
        }
    }
}
