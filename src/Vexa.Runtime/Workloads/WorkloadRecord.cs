using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Vexa.Contracts;
using Vexa.Schemas;

namespace Vexa.Runtime.Workloads;

/// <summary>
/// What outlives this process about a workload, in <c>&lt;run&gt;/workloads/&lt;id&gt;/</c>: <c>spec.json</c>, <c>status.json</c>,
/// <c>events.ndjson</c>, since when it is idle, that its end was asked for, and never a token. The folder is made before anything else of the
/// workload and removed after everything else, so whatever is left anywhere has an owner that a restart finds.
/// </summary>
internal sealed class WorkloadRecord(RuntimeFolder folder, DispatchId id)
{
    private string Folder => folder.Workload(id);

    private string EventsFile => Path.Combine(Folder, "events.ndjson");

    private string IdleFile => Path.Combine(Folder, "idle");

    private string StopFile => Path.Combine(Folder, "stop");

    /// <summary>Begins it: whatever was asked of an earlier start of this id is forgotten.</summary>
    public void SaveSpec(WorkloadSpec spec)
    {
        Directory.CreateDirectory(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.Delete(IdleFile);
        File.Delete(StopFile);
        Save("spec.json", spec, VexaJson.Default.WorkloadSpec);
    }

    public void SaveStatus(WorkloadStatus status) => Save("status.json", status, VexaJson.Default.WorkloadStatus);

    /// <summary>All of them each time: they are few, and so there is never half a line, nor a gap where one could not be saved.</summary>
    public void SaveEvents(IEnumerable<WorkloadEvent> events) =>
        Replace("events.ndjson", [.. events.SelectMany(happened => (byte[])[.. JsonSerializer.SerializeToUtf8Bytes(happened, VexaJson.Default.WorkloadEvent), (byte)'\n'])]);

    /// <summary>Since when nobody waits for it; null while somebody does.</summary>
    public DateTimeOffset? IdleSince
    {
        get => File.Exists(IdleFile) && DateTimeOffset.TryParse(File.ReadAllText(IdleFile), CultureInfo.InvariantCulture, out var since) ? since : null;
        set
        {
            if (value is { } since)
                Replace("idle", Encoding.ASCII.GetBytes(since.ToString("O", CultureInfo.InvariantCulture)));
            else
                File.Delete(IdleFile);
        }
    }

    public void SaveStop(StopRequest request) =>
        Replace("stop", Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{request.Reason} {request.Grace.Ticks}")));

    /// <summary>Null where an earlier process was killed before it had saved spec and status.</summary>
    /// <exception cref="ContractException">What lies there is no record.</exception>
    public SavedWorkload? Load() =>
        LoadSpec() is { } spec && Load("status.json", VexaJson.Default.WorkloadStatus) is { } status
            ? new SavedWorkload(spec, status, LoadEvents(), LoadStop())
            : null;

    /// <summary>Null where there is none.</summary>
    /// <exception cref="ContractException">What lies there is no spec.</exception>
    public WorkloadSpec? LoadSpec() => Load("spec.json", VexaJson.Default.WorkloadSpec);

    public void Remove()
    {
        if (Directory.Exists(Folder))
            Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Two specs are the same where their texts are.</summary>
    public static bool Same(WorkloadSpec one, WorkloadSpec other) =>
        JsonSerializer.SerializeToUtf8Bytes(one, VexaJson.Default.WorkloadSpec).AsSpan()
            .SequenceEqual(JsonSerializer.SerializeToUtf8Bytes(other, VexaJson.Default.WorkloadSpec));

    private IReadOnlyList<WorkloadEvent> LoadEvents() => !File.Exists(EventsFile)
        ? []
        : [.. File.ReadLines(EventsFile).Select(line => Contract.Read(Encoding.UTF8.GetBytes(line), VexaJson.Default.WorkloadEvent))];

    private StopRequest? LoadStop() =>
        File.Exists(StopFile) && File.ReadAllText(StopFile).Split(' ') is [var name, var ticks]
        && Enum.TryParse<StopReason>(name, out var reason) && long.TryParse(ticks, NumberStyles.None, CultureInfo.InvariantCulture, out var grace)
            ? new StopRequest(reason, TimeSpan.FromTicks(grace))
            : null;

    private void Save<T>(string name, T value, JsonTypeInfo<T> type) => Replace(name, JsonSerializer.SerializeToUtf8Bytes(value, type));

    private void Replace(string name, byte[] content)
    {
        var path = Path.Combine(Folder, name);
        File.WriteAllBytes(path + ".new", content);
        File.Move(path + ".new", path, overwrite: true);
    }

    private T? Load<T>(string name, JsonTypeInfo<T> type) where T : class
    {
        var path = Path.Combine(Folder, name);
        return File.Exists(path) ? Contract.Read(File.ReadAllBytes(path), type) : null;
    }
}

/// <param name="Asked">That somebody asked for its end.</param>
internal sealed record SavedWorkload(WorkloadSpec Spec, WorkloadStatus Status, IReadOnlyList<WorkloadEvent> Events, StopRequest? Asked);
