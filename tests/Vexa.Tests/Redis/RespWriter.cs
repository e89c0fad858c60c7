using System.Globalization;
using System.Text;
using Vexa.Redis;

namespace Vexa.Tests.Redis;

/// <summary>What a server would send for a value: the reverse of the parser, which only tests need.</summary>
internal static class RespWriter
{
    public static byte[] Encode(RespValue value)
    {
        using var stream = new MemoryStream();
        Write(stream, value);
        return stream.ToArray();
    }

    private static void Write(Stream stream, RespValue value)
    {
        switch (value.Kind)
        {
            case RespKind.Null:
                Line(stream, "_");
                break;
            case RespKind.Integer:
                Line(stream, ":" + value.AsInt64().ToString(CultureInfo.InvariantCulture));
                break;
            case RespKind.Boolean:
                Line(stream, value.AsInt64() == 1 ? "#t" : "#f");
                break;
            case RespKind.Double:
                Line(stream, "," + Double(value.AsDouble()));
                break;
            case RespKind.SimpleString:
                Line(stream, "+" + value.AsString());
                break;
            case RespKind.BigNumber:
                Line(stream, "(" + value.AsString());
                break;
            case RespKind.Error:
                Line(stream, "-" + value.ErrorText);
                break;
            case RespKind.BulkString:
                Blob(stream, '$', value.AsBytes().Span);
                break;
            case RespKind.BulkError:
                Blob(stream, '!', Encoding.UTF8.GetBytes(value.ErrorText));
                break;
            case RespKind.VerbatimString:
                Blob(stream, '=', [.. Encoding.ASCII.GetBytes(value.VerbatimFormat + ":"), .. value.AsBytes().Span]);
                break;
            default: // The aggregates.
                var type = value.Kind switch { RespKind.Array => '*', RespKind.Set => '~', RespKind.Push => '>', _ => '%' };
                Line(stream, type + (type == '%' ? value.Items.Count / 2 : value.Items.Count).ToString(CultureInfo.InvariantCulture));
                foreach (var item in value.Items)
                    Write(stream, item);
                break;
        }
    }

    private static string Double(double value) => value switch
    {
        double.PositiveInfinity => "inf",
        double.NegativeInfinity => "-inf",
        double.NaN => "nan",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    private static void Line(Stream stream, string text) => stream.Write(Encoding.UTF8.GetBytes(text + "\r\n"));

    private static void Blob(Stream stream, char type, ReadOnlySpan<byte> bytes)
    {
        Line(stream, type + bytes.Length.ToString(CultureInfo.InvariantCulture));
        stream.Write(bytes);
        stream.Write("\r\n"u8);
    }
}
