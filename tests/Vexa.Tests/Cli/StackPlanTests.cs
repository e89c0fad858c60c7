using System.Net;
using Vexa.Cli.Stack;
using Vexa.Workspaces;

namespace Vexa.Tests.Cli;

public sealed class StackPlanTests
{
    private static readonly StackOptions Plain = new() { DataFolder = "/data", RunFolder = "/run/vexa/1", Listen = new IPEndPoint(IPAddress.Loopback, 7420), RehearsalScript = "/s.yaml" };

    private static readonly Dictionary<string, string> Parent = new()
    {
        ["PATH"] = "/bin",
        ["HOME"] = "/root",
        ["ANTHROPIC_API_KEY"] = "from-the-shell",
        ["AWS_SECRET_ACCESS_KEY"] = "aws",
        ["VEXA_INFERENCE_URL"] = "http://elsewhere",
        ["VEXA_HOME"] = "/opt/vexa",
        ["VEXA_TOKEN"] = "mine",
        ["VEXA_REDIS"] = "redis://:secret@elsewhere",
    };

    private static readonly Dictionary<string, string> Shared = new()
    {
        ["PATH"] = "/bin",
        ["HOME"] = "/root",
        ["VEXA_HOME"] = "/opt/vexa",
        ["VEXA_DATA"] = "/data",
        ["VEXA_RUN"] = "/run/vexa/1",
        ["VEXA_SUPERVISOR"] = "42",
    };

    [Fact]
    public void Without_settings_it_is_a_private_redis_the_roles_and_the_rehearsal() =>
        Assert.Equal([["redis"], ["door", "runtime", "rehearsal"], ["control"]], Names(Plain));

    [Fact]
    public void The_containers_stop_while_the_others_still_hear_of_it() =>
        Assert.Equal(["runtime"], Compute(Plain).SelectMany(wave => wave).Where(role => role.StopsFirst).Select(role => role.Name));

    [Fact]
    public void With_a_model_there_is_no_rehearsal() =>
        Assert.Equal([["redis"], ["door", "runtime"], ["control"]], Names(Plain with { InferenceKey = new Secret("k") }));

    [Fact]
    public void With_a_redis_of_ones_own_none_is_started() =>
        Assert.Equal([["door", "runtime", "rehearsal"], ["control"]], Names(Plain with { Redis = "redis://there" }));

    [Fact]
    public void The_private_redis_listens_on_a_socket_of_this_user_only_and_keeps_what_it_is_told()
    {
        var redis = Role(Plain with { RedisMemory = 1_000_000 }, "redis");

        Assert.Equal(
            [
                "redis-server", "--port", "0", "--unixsocket", "/run/vexa/1/redis.sock", "--unixsocketperm", "600", "--dir", "/run/vexa/1/redis",
                "--appendonly", "yes", "--appendfsync", "everysec", "--auto-aof-rewrite-min-size", "16mb", "--save", "", "--maxmemory", "1000000", "--maxmemory-policy", "noeviction", "--daemonize", "no",
            ], redis.Command);
        Assert.Equal(new Dictionary<string, string> { ["PATH"] = "/bin", ["HOME"] = "/root" }, redis.Environment);
    }

    [Fact]
    public void Each_role_gets_its_environment_and_nothing_else()
    {
        var options = Plain with { InferenceKey = new Secret("key") };

        Assert.Equal(Shared, Role(options, "runtime").Environment);
        Assert.Equal(With(("VEXA_REDIS", "unix:/run/vexa/1/redis.sock"), ("VEXA_LISTEN", "127.0.0.1:7420")), Role(options, "control").Environment);
        Assert.Equal(With(("VEXA_REDIS", "unix:/run/vexa/1/redis.sock"), ("VEXA_INFERENCE_URL", "https://api.anthropic.com"), ("ANTHROPIC_API_KEY", "key")), Role(options, "door").Environment);
        Assert.Equal(Shared, Role(Plain, "rehearsal").Environment);
    }

    [Fact]
    public void The_bucket_s_server_and_credentials_are_control_s_alone()
    {
        var faults = new List<string>();
        var set = new Dictionary<string, string>
        {
            ["VEXA_BUCKET"] = "s3://notes/vexa",
            ["VEXA_S3_ENDPOINT"] = "https://s3.example:9000",
            ["VEXA_S3_REGION"] = "eu-west-1",
            ["AWS_ACCESS_KEY_ID"] = "id",
            ["AWS_SECRET_ACCESS_KEY"] = "secret-key",
            ["AWS_SESSION_TOKEN"] = "session-token",
        };
        var options = Plain with { NamedBucket = BucketSettings.From(set.GetValueOrDefault, "/data/bucket", faults) };
        Dictionary<string, string> placed = new(set) { ["VEXA_S3_STYLE"] = "path" };

        Assert.Empty(faults);
        Assert.Equal(placed, Role(options, "control").Environment.Where(variable => placed.ContainsKey(variable.Key)).ToDictionary());
        Assert.All(Compute(options).SelectMany(wave => wave).Where(role => role.Name != "control"), role => Assert.DoesNotContain(role.Environment.Keys, placed.ContainsKey));
        Assert.DoesNotContain("secret-key", $"{options}", StringComparison.Ordinal);
        Assert.DoesNotContain("session-token", $"{options}", StringComparison.Ordinal);
    }

    [Fact]
    public void The_rehearsal_answers_the_door_over_its_socket()
    {
        Assert.Equal(["vexa", "rehearsal", "--unix", "/run/vexa/1/rehearsal.sock", "--script", "/s.yaml"], Role(Plain, "rehearsal").Command);
        Assert.Equal("unix:/run/vexa/1/rehearsal.sock", Role(Plain, "door").Environment["VEXA_INFERENCE_URL"]);
    }

    private static List<string[]> Names(StackOptions options) => [.. Compute(options).Select(wave => wave.Select(role => role.Name).ToArray())];

    private static RoleSpec Role(StackOptions options, string name) => Compute(options).SelectMany(wave => wave).Single(role => role.Name == name);

    private static IReadOnlyList<IReadOnlyList<RoleSpec>> Compute(StackOptions options) => StackPlan.Compute(options, ["vexa"], 42, Parent);

    private static Dictionary<string, string> With(params (string Name, string Value)[] more)
    {
        var all = new Dictionary<string, string>(Shared);
        foreach (var (name, value) in more)
            all[name] = value;
        return all;
    }
}
