using System.Net;
using Vexa.Contracts;
using Vexa.Docker;

namespace Vexa.Runtime.Docker;

/// <summary>What an engine's failures mean to whoever runs this node, and what mends them.</summary>
internal static class DockerFaults
{
    public const string Unavailable = "engine-unavailable";

    /// <summary>Runs a call, and tells its failure in our terms.</summary>
    public static async Task<T> Explained<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (EngineUnavailableException away)
        {
            throw Away(away);
        }
        catch (EngineException refused)
        {
            throw Refused(refused);
        }
    }

    public static Task Explained(Func<Task> call) => Explained(async () =>
    {
        await call();
        return true;
    });

    public static VexaException Away(EngineUnavailableException away) => new(Stage.RuntimeStart, Party.Operator, Unavailable, away.Message, away.Fault switch
    {
        EngineFault.Absent => "Start it: sudo systemctl start docker; or name its socket in VEXA_DOCKER_HOST.",
        EngineFault.NotPermitted => "Run Vexa as root, or as a user of the socket's group.",
        EngineFault.Version => "Install Docker 20.10 or later: sudo apt-get install docker.io",
        _ => "See what ails it: sudo systemctl status docker; then try again.",
    }, away);

    /// <summary>For a start: its own words say which part was refused.</summary>
    public static VexaException NotStarted(WorkloadSpec spec, EngineException refused) => refused.Message switch
    {
        { } e when e.Contains("executable file not found", StringComparison.Ordinal) || e.Contains("no such file or directory", StringComparison.Ordinal) && e.Contains("exec", StringComparison.Ordinal) =>
            Failed($"image {spec.Image} has no {spec.Argv[0]}", "Build it anew: ./vexa image build", refused),
        { } e when e.Contains("no space left", StringComparison.Ordinal) =>
            Failed("there is no space left", "Free some space where the engine keeps its data, or memory; then try again.", refused),
        { } e when e.Contains("bind source path does not exist", StringComparison.Ordinal) =>
            Failed("the engine does not see this node's runtime folder", "Run the engine on this machine, in the machine's own mount namespace.", refused),
        { } e when e.Contains("cgroup", StringComparison.Ordinal) =>
            Failed("the kernel refused its resource limits", "Run: vexa doctor", refused),
        _ => Failed("the engine refused it", "The cause is in the log: vexa logs", refused),
    };

    public static VexaException NameTaken(string name, Exception inner) => Failed($"another installation has a container called {name}",
        $"See whose it is: docker inspect {name}; end it there, or remove it: docker rm -f {name}", inner, "container-name");

    public static VexaException Failed(string why, string hint, Exception? inner, string rule = "container-start") =>
        new(Stage.RuntimeStart, Party.Operator, rule, $"The container could not be started: {why}.", hint, inner);

    private static VexaException Refused(EngineException refused) => refused.Status switch
    {
        HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized => Failed("the engine does not permit it", "Look at the engine's authorization plugins.", refused),
        _ => Failed("the engine refused it", "The cause is in the log: vexa logs", refused),
    };
}
