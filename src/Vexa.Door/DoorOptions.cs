using Vexa.Contracts;
using Vexa.Identity;
using Vexa.Redis;

namespace Vexa.Door;

/// <summary>Settings of the door.</summary>
public sealed record DoorOptions
{
    /// <summary>Runtime folder, on tmpfs.</summary>
    public required string RunFolder { get; init; }
    /// <summary>Folder that holds the public keys, <c>jwks.json</c>.</summary>
    public required string KeysFolder { get; init; }
    public required RedisOptions Redis { get; init; }
    public required InferenceOptions Inference { get; init; }
    /// <summary>Connections that one dispatch may hold at once; 8 to 4,096.</summary>
    public int ConnectionsPerDispatch { get; init; } = 128;

    internal string AdminSocket => Path.Combine(RunFolder, "door.sock");

    internal string ControlSocket => Path.Combine(RunFolder, "control.sock");

    /// <summary>One folder per dispatch below it; each is mounted into exactly one container.</summary>
    internal string ListenersFolder => Path.Combine(RunFolder, "door");
}

/// <summary>The model endpoint that agents reach through the door.</summary>
public sealed record InferenceOptions
{
    /// <summary><c>http://</c> or <c>https://</c> address, or <c>unix:/path/to.sock</c>.</summary>
    public required string Endpoint { get; init; }
    /// <summary>Added to every request here, and nowhere else.</summary>
    public Secret? Key { get; init; }
    /// <summary>How long the endpoint may send nothing; progress resets it.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(5);
    /// <summary>Largest request body, in bytes.</summary>
    public long LargestRequest { get; init; } = 32 * 1024 * 1024;

    /// <exception cref="VexaException">The endpoint is none of the two forms.</exception>
    internal (Uri BaseAddress, string? Socket) Address()
    {
        if (Endpoint.StartsWith("unix:/", StringComparison.Ordinal))
            return (new Uri("http://model"), Endpoint["unix:".Length..]);

        return Uri.TryCreate(Endpoint, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0
            ? (uri, null)
            : throw new VexaException(Stage.Inference, Party.Operator, "inference-endpoint", $"The model endpoint is no address: {Endpoint}",
                "Set VEXA_INFERENCE_URL to http(s)://host[:port] or unix:/path.");
    }
}
