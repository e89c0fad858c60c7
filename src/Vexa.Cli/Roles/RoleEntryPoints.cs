using Vexa.Cli.Stack;
using Vexa.Control;
using Vexa.Door;
using Vexa.Redis;
using Vexa.Runtime;

namespace Vexa.Cli.Roles;

/// <summary>The one place where a role's name meets its code, and the settings of the stack become the settings of a role.</summary>
internal static class RoleEntryPoints
{
    public static IReadOnlyDictionary<string, Func<StackOptions, CancellationToken, Task>> All { get; } =
        new Dictionary<string, Func<StackOptions, CancellationToken, Task>>
        {
            ["control"] = Control,
            ["runtime"] = Runtime,
            ["door"] = Door,
        };

    private static Task Control(StackOptions options, CancellationToken stop) => ControlRole.Run(new ControlOptions
    {
        DataFolder = options.DataFolder,
        RunFolder = options.RunFolder,
        RunnersFolders = ShippedFiles.RunnersFolders(options),
        Redis = RedisOptions.Parse(options.RedisAddress),
        Listen = options.Listen,
        Bucket = options.Bucket,
        Sealing = options.Sealing,
    }, stop);

    private static Task Runtime(StackOptions options, CancellationToken stop) => RuntimeRole.Run(RuntimeOf(options), options.KeysFolder, stop);

    /// <summary>The settings of the runtime role, for whoever looks at what it works with.</summary>
    public static RuntimeOptions RuntimeOf(StackOptions options)
    {
        var settings = new RuntimeOptions
        {
            RunFolder = options.RunFolder,
            ImagesFolder = options.ImagesFolder,
            Backend = options.Backend,
            Isolation = options.Isolation,
            OciRuntime = options.OciRuntime,
            DockerHost = options.DockerHost,
            CgroupParent = options.CgroupParent,
        };
        return settings with
        {
            MaxWorkloads = options.MaxWorkloads ?? settings.MaxWorkloads,
            MaxQueued = options.MaxQueued ?? settings.MaxQueued,
            MaxPerSubject = options.MaxPerSubject ?? options.MaxWorkloads ?? settings.MaxPerSubject,
        };
    }

    private static Task Door(StackOptions options, CancellationToken stop) => DoorRole.Run(new DoorOptions
    {
        RunFolder = options.RunFolder,
        KeysFolder = options.KeysFolder,
        Redis = RedisOptions.Parse(options.RedisAddress),
        Inference = new InferenceOptions { Endpoint = options.ModelEndpoint, Key = options.InferenceKey },
    }, stop);
}
