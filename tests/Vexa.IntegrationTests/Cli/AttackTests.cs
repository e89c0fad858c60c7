using System.Text.Json.Nodes;
using Vexa.IntegrationTests.Drivers;

namespace Vexa.IntegrationTests.Cli;

/// <summary>
/// The whole attack suite, on every backend and every isolation kind: no attack succeeds, and each is known to bite. gVisor behind Docker is
/// both together, and left to whoever has the time.
/// </summary>
[Collection(nameof(Attacks))]
public sealed class AttackTests
{
    [Fact]
    public async Task An_agent_that_does_its_worst_achieves_nothing_on_any_backend_and_isolation_kind()
    {
        var docker = await SharedDocker.Get();
        await using var own = new OwnStack();
        own.UseImages();
        own.Settings["VEXA_DOCKER_HOST"] = docker.Address;
        var (exit, output, errors) = await own.Vexa("attack", "--json", "--on", "runc", "gvisor", "docker");

        var targets = JsonNode.Parse(output)?["targets"]?.AsArray() ?? throw new InvalidDataException(output + errors);
        Assert.Equal(["runc", "gvisor", "docker"], targets.Select(target => (string?)target!["on"]));
        var wrong = targets.SelectMany(target => target!["attacks"]!.AsArray().Concat(target["checks"]!.AsArray()).Where(each => !(bool)each!["ok"]!)
            .Select(each => $"{target["on"]}: {each!.ToJsonString()}"));
        // Whole: what a collection's assertion shows is cut off before it says what happened.
        Assert.Equal("", string.Join('\n', wrong));
        Assert.All(targets, target => Assert.True(target!["attacks"]!.AsArray().Count(attack => (string?)attack!["outcome"] == "refused") >= 80));
        Assert.Equal(0, exit);
    }

    [Fact]
    public async Task An_attack_that_there_is_not_and_a_kind_that_there_is_not_are_refused()
    {
        await using var own = new OwnStack();
        Assert.Equal(2, (await own.Vexa("attack", "--only", "A99")).Exit);
        Assert.Equal(2, (await own.Vexa("attack", "--on", "chroot")).Exit);
    }
}

/// <summary>It keeps the machine busy, and others that measure time would suffer.</summary>
[CollectionDefinition(nameof(Attacks), DisableParallelization = true)]
public sealed class Attacks;
