using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Vexa.Contracts;
using Vexa.Schemas;

namespace Vexa.Runtime.Workloads;

/// <summary>
/// What outlives this process about a workload, in <c>&lt;run&gt;/workloads/&lt;id&gt;/</c>: <c>spec.json</c>, <c>status.json</c>,
/// <c>events.ndjson</c>, since when it is idle, and never a token. The folder is made before anything else of the workload and removed after everything else, so whatever is
/// left anywhere has an owner that a restart finds.
/// </summary>
internal sealed class WorkloadRecord(RuntimeFolder folder, DispatchId id)
{
    private string Folder => folder.Workload(id);

    private string EventsFile => Path.Combine(Folder, "events.ndjson");

    private string IdleFile => Path.Combine(Folder, "idle");

    public void SaveSpec(WorkloadSpec spec)
    {
        Directory.CreateDirectory(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Save("spec.json", spec, VexaJson.Default.WorkloadSpec);
    }

    public void SaveStatus(WorkloadStatus status) => Save("status.json", status, VexaJson.Default.WorkloadStatus);

    public void AddEvent(WorkloadEvent happened) =>
        File.AppendAllBytes(EventsFile, [.. JsonSerializer.SerializeToUtf8Bytes(happened, VexaJson.Default.WorkloadEvent), (byte)'\n']);

    /// <summary>What was added so far. A last line that a kill has cut short is none.</summary>
    public IReadOnlyList<WorkloadEvent> LoadEvents() => !File.Exists(EventsFile)
        ? []
        : [.. File.ReadAllText(EventsFile).Split('\n')[..^1].Select(line => Contract.Read(Encoding.UTF8.GetBytes(line), VexaJson.Default.WorkloadEvent))];

    /// <summary>Since when nobody waits for it; null while somebody does.</summary>
    public DateTimeOffset? IdleSince
    {
        get => File.Exists(IdleFile) && DateTimeOffset.TryParse(File.ReadAllText(IdleFile), CultureInfo.InvariantCulture, out var since) ? since : null;
        set
        {
            if (value is { } since)
                File.WriteAllText(IdleFile, since.ToString("O", CultureInfo.InvariantCulture));
            else
                File.Delete(IdleFile);
        }
    }

    /// <summary>Null where an earlier process was killed before it had saved both.</summary>
    public (WorkloadSpec Spec, WorkloadStatus Status)? Load() =>
        Load("spec.json", VexaJson.Default.WorkloadSpec) is { } spec && Load("status.json", VexaJson.Default.WorkloadStatus) is { } status
            ? (spec, status)
            : null;

    public void Remove()
    {
        if (Directory.Exists(Folder))
            Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Two specs are the same where their texts are.</summary>
    public static bool Same(WorkloadSpec one, WorkloadSpec other) =>
        JsonSerializer.SerializeToUtf8Bytes(one, VexaJson.Default.WorkloadSpec).AsSpan()
            .SequenceEqual(JsonSerializer.SerializeToUtf8Bytes(other, VexaJson.Default.WorkloadSpec));

    private void Save<T>(string name, T value, JsonTypeInfo<T> type)
    {
        var path = Path.Combine(Folder, name);
        File.WriteAllBytes(path + ".new", JsonSerializer.SerializeToUtf8Bytes(value, type));
        File.Move(path + ".new", path, overwrite: true);
    }

    private T? Load<T>(string name, JsonTypeInfo<T> type) where T : class
    {
        var path = Path.Combine(Folder, name);
        return File.Exists(path) ? Contract.Read(File.ReadAllBytes(path), type) : null;
    }
}
