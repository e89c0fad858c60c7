namespace Vexa.IntegrationTests.Runtime;

/// <summary>What the containers of a test's node are run and walled off by.</summary>
public enum NodeKind
{
    Runc,
    Gvisor,
    Docker,
    DockerGvisor,
}

/// <summary>Tests that hold on every kind of node: one class derived for each.</summary>
public abstract class NodeTests(NodeKind kind)
{
    protected NodeKind Kind => kind;

    protected bool IsGvisor => kind is NodeKind.Gvisor or NodeKind.DockerGvisor;

    internal Task<TestNode> Start() => TestNode.Start(kind);
}
