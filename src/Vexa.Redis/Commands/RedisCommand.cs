using System.Buffers.Text;

namespace Vexa.Redis;

/// <summary>
/// A command as it goes over the wire: encoded once, when it is made, so it is immutable, may be sent again, and the memory that
/// its arguments came from is free at once.
/// </summary>
public sealed class RedisCommand
{
    private RedisCommand(string name, CommandUse use, byte[] wire)
    {
        Name = name;
        Use = use;
        Wire = wire;
    }

    public string Name { get; }

    internal CommandUse Use { get; }

    internal ReadOnlyMemory<byte> Wire { get; }

    /// <summary>Makes a command: <c>RedisCommand.Of("XADD", key, "*", "event", json)</c>.</summary>
    /// <param name="name">One word; what follows it (<c>CLIENT</c> <c>ID</c>) are arguments.</param>
    /// <param name="args">Text, integers or bytes, each sent as it is.</param>
    /// <exception cref="ArgumentException">The name is not one word, or an argument is text that UTF-8 cannot say.</exception>
    public static RedisCommand Of(string name, params ReadOnlySpan<RedisArg> args)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        foreach (var letter in name)
        {
            if (!char.IsAsciiLetterOrDigit(letter) && letter is not ('.' or '_' or '-'))
                throw new ArgumentException($"A command's name is one word, not '{name}'; pass the rest as arguments.", nameof(name));
        }

        return new(name, CommandRules.UseOf(name, args), Encode(name, args));
    }

    /// <summary>The name only: arguments may be secrets.</summary>
    public override string ToString() => Name;

    internal static RedisCommand Internal(string name, params ReadOnlySpan<RedisArg> args) => new(name, CommandUse.Internal, Encode(name, args));

    private static byte[] Encode(RedisArg name, ReadOnlySpan<RedisArg> args)
    {
        var size = HeaderSize(args.Length + 1) + SizeOf(name);
        foreach (var arg in args)
            size = checked(size + SizeOf(arg));

        var wire = GC.AllocateUninitializedArray<byte>(size);
        var position = WriteHeader(wire, (byte)'*', args.Length + 1);
        position += Write(wire.AsSpan(position), name);
        foreach (var arg in args)
            position += Write(wire.AsSpan(position), arg);
        return wire;
    }

    private static int SizeOf(RedisArg arg)
    {
        var length = arg.ByteCount;
        return checked(HeaderSize(length) + length + 2);
    }

    private static int HeaderSize(int number)
    {
        Span<byte> scratch = stackalloc byte[16];
        return WriteHeader(scratch, (byte)'*', number);
    }

    private static int WriteHeader(Span<byte> destination, byte type, int number)
    {
        destination[0] = type;
        Utf8Formatter.TryFormat(number, destination[1..], out var digits);
        "\r\n"u8.CopyTo(destination[(1 + digits)..]);
        return digits + 3;
    }

    private static int Write(Span<byte> destination, RedisArg arg)
    {
        var length = arg.ByteCount;
        var header = WriteHeader(destination, (byte)'$', length);
        arg.WriteTo(destination.Slice(header, length));
        "\r\n"u8.CopyTo(destination[(header + length)..]);
        return header + length + 2;
    }
}
