using System.Globalization;
using System.Text.Json.Serialization;
using Vexa.Workspaces;

namespace Vexa.Cli.Storage;

/// <summary>What <c>vexa backup --json</c> prints.</summary>
/// <param name="Ok">Nothing is wrong with what was copied.</param>
/// <param name="Removed">Earlier snapshots that went; absent where none was to go, or something is wrong.</param>
/// <param name="KeyFile">What opens it, and is not in it.</param>
internal sealed record BackupMade(
    bool Ok, string Snapshot, int Workspaces, long Objects, long Bytes, long NewObjects, long NewBytes, IReadOnlyList<string> Shredded, IReadOnlyList<BucketFault> Faults,
    IReadOnlyList<string>? Removed, string KeyFile);

/// <summary>What <c>vexa backup list --json</c> prints.</summary>
internal sealed record BackupList(IReadOnlyList<BackupListed> Snapshots);

/// <param name="Fault">Why it cannot be opened.</param>
internal sealed record BackupListed(string Snapshot, DateTimeOffset At, int Workspaces, long Objects, long Bytes, string? Fault);

/// <summary>What <c>vexa backup prune --json</c> prints.</summary>
internal sealed record BackupPruned(bool Ok, IReadOnlyList<string> Removed, IReadOnlyList<string> Kept, long RemovedObjects);

/// <summary>What <c>vexa backup check --json</c> and <c>vexa reindex --json</c> print.</summary>
/// <param name="Snapshot">Of a backup.</param>
/// <param name="Repaired">Keys of what was mended.</param>
internal sealed record StorageChecked(bool Ok, string? Snapshot, long Records, int Workspaces, int Bundles, long Bytes, int Unnamed, IReadOnlyList<string>? Repaired, IReadOnlyList<BucketFault> Faults)
{
    public static StorageChecked Of(BucketCheckReport report, string? snapshot = null, IReadOnlyList<string>? repaired = null) =>
        new(report.Faults.Count == 0, snapshot, report.Records, report.Workspaces, report.Bundles, report.Bytes, report.Unnamed, repaired, report.Faults);
}

/// <summary>What <c>vexa restore --json</c> prints.</summary>
internal sealed record RestoreMade(bool Ok, string Snapshot, int Workspaces, long Objects, long Bytes, IReadOnlyList<string> Shredded, IReadOnlyList<BucketFault> Faults);

internal static class Sizes
{
    /// <summary>For people: 1.5 MB.</summary>
    public static string Text(long bytes) => bytes switch
    {
        < 1000 => string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes"),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0.#} kB"),
        < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.#} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.##} GB"),
    };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(BackupMade))]
[JsonSerializable(typeof(BackupList))]
[JsonSerializable(typeof(BackupPruned))]
[JsonSerializable(typeof(StorageChecked))]
[JsonSerializable(typeof(RestoreMade))]
internal sealed partial class StorageJson : JsonSerializerContext;
