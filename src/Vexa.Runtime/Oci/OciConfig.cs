using System.Text.Json;
using System.Text.Json.Serialization;

namespace Vexa.Runtime.Oci;

/// <summary>The part of the OCI runtime specification's <c>config.json</c> that we use.</summary>
internal sealed record OciConfig
{
    public string OciVersion { get; init; } = "1.0.2";
    public required OciProcess Process { get; init; }
    public required OciRoot Root { get; init; }
    public required string Hostname { get; init; }
    public required IReadOnlyList<OciMount> Mounts { get; init; }
    public required IReadOnlyDictionary<string, string> Annotations { get; init; }
    public required OciLinux Linux { get; init; }
}

internal sealed record OciProcess
{
    public bool Terminal { get; init; }
    public required OciUser User { get; init; }
    public required IReadOnlyList<string> Args { get; init; }
    public required IReadOnlyList<string> Env { get; init; }
    public required string Cwd { get; init; }
    public required OciCapabilities Capabilities { get; init; }
    public required IReadOnlyList<OciRlimit> Rlimits { get; init; }
    public bool NoNewPrivileges { get; init; }
    public int? OomScoreAdj { get; init; }
}

internal sealed record OciUser(int Uid, int Gid, int Umask);

/// <summary>The five sets, each empty: written out, because a set that is absent means "the runtime's choice".</summary>
internal sealed record OciCapabilities
{
    public IReadOnlyList<string> Bounding { get; init; } = [];
    public IReadOnlyList<string> Effective { get; init; } = [];
    public IReadOnlyList<string> Inheritable { get; init; } = [];
    public IReadOnlyList<string> Permitted { get; init; } = [];
    public IReadOnlyList<string> Ambient { get; init; } = [];
}

internal sealed record OciRlimit(string Type, ulong Hard, ulong Soft);

internal sealed record OciRoot(string Path, bool Readonly);

internal sealed record OciMount(string Destination, string Type, string Source, IReadOnlyList<string> Options);

internal sealed record OciLinux
{
    public required IReadOnlyList<OciNamespace> Namespaces { get; init; }
    public required string CgroupsPath { get; init; }
    public required OciResources Resources { get; init; }
    public required OciSeccomp Seccomp { get; init; }
    public required IReadOnlyList<string> MaskedPaths { get; init; }
    public required IReadOnlyList<string> ReadonlyPaths { get; init; }
}

internal sealed record OciNamespace(string Type);

internal sealed record OciResources
{
    public required IReadOnlyList<OciDeviceRule> Devices { get; init; }
    public required OciMemory Memory { get; init; }
    public required OciCpu Cpu { get; init; }
    public required OciPids Pids { get; init; }
}

internal sealed record OciDeviceRule(bool Allow, string Access);

/// <param name="Swap">Memory and swap together; null where the kernel does not count swap.</param>
internal sealed record OciMemory(long Limit, long? Swap);

internal sealed record OciCpu(long Quota, ulong Period);

internal sealed record OciPids(long Limit);

internal sealed record OciSeccomp
{
    public required string DefaultAction { get; init; }
    public required int DefaultErrnoRet { get; init; }
    public required IReadOnlyList<string> Architectures { get; init; }
    public required IReadOnlyList<OciSyscalls> Syscalls { get; init; }
}

internal sealed record OciSyscalls(IReadOnlyList<string> Names, string Action)
{
    public int? ErrnoRet { get; init; }
    public IReadOnlyList<OciSyscallArgument>? Args { get; init; }
}

internal sealed record OciSyscallArgument(int Index, ulong Value, string Op)
{
    public ulong? ValueTwo { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, WriteIndented = true)]
[JsonSerializable(typeof(OciConfig))]
internal sealed partial class OciJson : JsonSerializerContext;

/// <summary>The syscall filter on one line: an engine takes it as the value of an option.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(OciSeccomp))]
internal sealed partial class CompactOciJson : JsonSerializerContext;
