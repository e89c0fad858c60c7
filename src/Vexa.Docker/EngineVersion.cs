using System.Text.Json.Serialization;

namespace Vexa.Docker;

/// <summary>Who the engine is: <c>GET /version</c>.</summary>
public sealed record EngineVersion
{
    /// <summary>As its distribution writes it: <c>20.10.24+dfsg1</c>.</summary>
    public required string Version { get; init; }

    /// <summary>The newest version of the API that it speaks.</summary>
    public required string ApiVersion { get; init; }

    /// <summary>The oldest; not every engine says it.</summary>
    [JsonPropertyName("MinAPIVersion")]
    public string? MinApiVersion { get; init; }

    /// <summary>What it is made of: itself, <c>containerd</c>, <c>runc</c>.</summary>
    public IReadOnlyList<EngineComponent>? Components { get; init; }
}

/// <param name="Details">Among them <c>GitCommit</c>, which in Debian is the revision of the package.</param>
public sealed record EngineComponent(string Name, string Version, IReadOnlyDictionary<string, string>? Details);

/// <summary>How the engine is set: <c>GET /info</c>, of which only what is decided upon here.</summary>
public sealed record EngineInfo
{
    [JsonPropertyName("OSType")]
    public string? OsType { get; init; }

    /// <summary><c>cgroupfs</c>, <c>systemd</c>, or <c>none</c> where it cannot limit anything.</summary>
    public string? CgroupDriver { get; init; }

    /// <summary>OCI runtimes that a container may name.</summary>
    public IReadOnlyDictionary<string, EngineRuntime>? Runtimes { get; init; }

    /// <summary>Such as <c>name=seccomp,profile=default</c>.</summary>
    public IReadOnlyList<string>? SecurityOptions { get; init; }

    public bool MemoryLimit { get; init; }
    public bool CpuCfsQuota { get; init; }
    public bool PidsLimit { get; init; }

    /// <summary>True where containers live on while the engine is away.</summary>
    public bool LiveRestoreEnabled { get; init; }
}

/// <param name="Args">What it is called with before its command; absent where there is none.</param>
public sealed record EngineRuntime([property: JsonPropertyName("path")] string? Path, [property: JsonPropertyName("runtimeArgs")] IReadOnlyList<string>? Args);
