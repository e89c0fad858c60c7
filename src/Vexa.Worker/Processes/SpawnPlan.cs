namespace Vexa.Worker.Processes;

/// <summary>A process to start: everything that it gets, and nothing is inherited but what stands here.</summary>
/// <param name="File">Absolute path.</param>
/// <param name="Argv">Including the name that it sees itself under.</param>
internal sealed record SpawnPlan(string File, IReadOnlyList<string> Argv, IReadOnlyDictionary<string, string> Env, string Directory);
