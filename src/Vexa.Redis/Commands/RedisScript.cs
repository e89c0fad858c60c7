using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Vexa.Redis;

/// <summary>A Lua script, known to the server by the SHA-1 of its text.</summary>
public sealed class RedisScript
{
    /// <param name="name">For people: what the script does.</param>
    /// <param name="body">The Lua text.</param>
    [SuppressMessage("Security", "CA5350", Justification = "SHA-1 is the name that Redis gives a script, not a protection.")]
    public RedisScript(string name, string body)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentException.ThrowIfNullOrEmpty(body);
        Name = name;
        Body = body;
        Sha1 = Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(body)));
    }

    public string Name { get; }

    public string Body { get; }

    /// <summary>40 hexadecimal digits, in small letters.</summary>
    public string Sha1 { get; }

    /// <summary>Loads a script that is an embedded resource beside a type: <c>Embedded(typeof(Outbox), "append.lua")</c>.</summary>
    /// <param name="beside">A type whose namespace is the folder of the resource.</param>
    /// <param name="file">The file's name; the script is named after it.</param>
    /// <exception cref="ArgumentException">There is no such resource.</exception>
    public static RedisScript Embedded(Type beside, string file)
    {
        ArgumentNullException.ThrowIfNull(beside);
        using var stream = beside.Assembly.GetManifestResourceStream(beside, file)
            ?? throw new ArgumentException(
                $"{beside.Assembly.GetName().Name} has no embedded script '{beside.Namespace}.{file}'; it has: "
                + string.Join(", ", beside.Assembly.GetManifestResourceNames()),
                nameof(file));
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return new(Path.GetFileNameWithoutExtension(file), reader.ReadToEnd());
    }

    public override string ToString() => Name;
}
