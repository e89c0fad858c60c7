using System.Diagnostics.CodeAnalysis;
using System.Reflection;
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

    /// <summary>Loads a script that is an embedded resource: <c>Vexa.Streams.append.lua</c>. It is named after the resource.</summary>
    /// <exception cref="ArgumentException">There is no such resource.</exception>
    public static RedisScript FromResource(Assembly assembly, string resource)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        using var stream = assembly.GetManifestResourceStream(resource)
            ?? throw new ArgumentException(
                $"{assembly.GetName().Name} has no embedded script '{resource}'; it has: {string.Join(", ", assembly.GetManifestResourceNames())}.",
                nameof(resource));
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return new(Path.GetFileNameWithoutExtension(resource), reader.ReadToEnd());
    }

    public override string ToString() => Name;
}
