using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Vexa.Worker.Door;

namespace Vexa.Tests.Worker;

public sealed class HttpReplyReaderTests
{
    private const int MaxBody = 64 * 1024;

    [Fact]
    public void Replies_are_the_same_however_their_bytes_arrive() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), ArbMap.Default.ArbFor<PositiveInt[]>(), async (body, sizes) =>
        {
            byte[] wire =
            [
                .. Encoding.Latin1.GetBytes($"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: Application/JSON; charset=utf-8\r\nContent-Length: {body.Length}\r\n\r\n"), .. body,
                .. "HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n"u8, .. Chunked(body, sizes), .. "0\r\nTrailer: x\r\n\r\n"u8,
                .. "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"u8,
            ];
            var reader = new HttpReplyReader(new Dribble(wire, sizes), MaxBody);

            var first = await reader.Read(CancellationToken.None);
            var second = await reader.Read(CancellationToken.None);
            var third = await reader.Read(CancellationToken.None);

            Assert.Equal((200, "application/json", true), (first.Status, first.MediaType, first.KeepAlive));
            Assert.Equal(body, first.Body);
            Assert.Equal((503, true), (second.Status, second.KeepAlive));
            Assert.Equal(body, second.Body);
            Assert.Equal((204, false, 0), (third.Status, third.KeepAlive, third.Body.Length));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public async Task A_reply_without_a_length_goes_to_the_end_of_the_connection()
    {
        var reply = await Read("HTTP/1.0 200 OK\r\n\r\nall of it");

        Assert.Equal(("all of it", false), (Encoding.Latin1.GetString(reply.Body), reply.KeepAlive));
    }

    [Theory]
    [InlineData("")]
    [InlineData("SSH-2.0-x\r\n\r\n")]
    [InlineData("HTTP/1.1 2x0 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nno colon\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n0\r\n\r\n")]
    public async Task What_is_no_http_or_too_large_is_an_io_error(string wire) => await Assert.ThrowsAsync<IOException>(() => Read(wire));

    [Fact]
    public async Task An_endless_head_is_given_up() =>
        await Assert.ThrowsAsync<IOException>(() => Read("HTTP/1.1 200 OK\r\nX: " + new string('x', 40_000)));

    [Fact]
    public void Random_bytes_are_an_io_error_or_a_reply() =>
        Prop.ForAll<byte[]>(async bytes =>
        {
            try
            {
                await new HttpReplyReader(new MemoryStream([.. "HTTP/1.1 200 OK\r\n"u8, .. bytes]), MaxBody).Read(CancellationToken.None);
            }
            catch (IOException)
            {
                // The one way in which it may fail.
            }
        }).QuickCheckThrowOnFailure();

    private static async Task<HttpReply> Read(string wire) =>
        await new HttpReplyReader(new MemoryStream(Encoding.Latin1.GetBytes(wire)), MaxBody).Read(CancellationToken.None);

    private static byte[] Chunked(byte[] body, PositiveInt[] sizes)
    {
        var size = sizes.Length == 0 ? 7 : sizes[0].Get;
        return [.. body.Chunk(size).SelectMany(chunk => (byte[])[.. Encoding.Latin1.GetBytes($"{chunk.Length:x};ext=1\r\n"), .. chunk, .. "\r\n"u8])];
    }

    /// <summary>Hands out its bytes in pieces of the given sizes, over and over.</summary>
    private sealed class Dribble(byte[] bytes, PositiveInt[] sizes) : MemoryStream(bytes)
    {
        private int _turn;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var size = sizes.Length == 0 ? 1 : sizes[_turn++ % sizes.Length].Get;
            return base.ReadAsync(buffer[..Math.Min(buffer.Length, size)], cancellationToken);
        }
    }
}
