namespace Vexa.IntegrationTests.Runtime;

/// <summary>What the containers of a test's node are run and walled off by.</summary>
public enum NodeKind
{
    Runc,
    Gvisor,
    Docker,
    DockerGvisor,
    /// <summary>No containers: what the runtime itself does, without a kernel.</summary>
    Fake,
}

/// <summary>Tests that hold on every kind of node: one class derived for each.</summary>
public abstract class NodeTests(NodeKind kind)
{
    protected NodeKind Kind => kind;

    protected bool IsGvisor => kind is NodeKind.Gvisor or NodeKind.DockerGvisor;

    /// <summary>As a status tells it.</summary>
    protected string Backend => kind switch { NodeKind.Runc or NodeKind.Gvisor => "oci", NodeKind.Fake => "fake", _ => "docker" };

    /// <summary>For what only a kernel does.</summary>
    protected void NeedsKernel() => Assert.SkipWhen(kind == NodeKind.Fake, "A fake container has no processes.");

    internal Task<TestNode> Start() => TestNode.Start(kind);
}
