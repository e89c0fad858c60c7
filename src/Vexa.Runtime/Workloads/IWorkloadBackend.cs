using Vexa.Contracts;

namespace Vexa.Runtime.Workloads;

/// <summary>
/// What runs containers on this node. Whatever it is, a container gets: a non-root user, a read-only root, no capability, no new
/// privileges, a syscall filter, no network, limits that are enforced, and nothing of the host but what the plan names.
/// </summary>
internal interface IWorkloadBackend
{
    /// <summary>As it stands in <see cref="WorkloadStatus.Backend"/>.</summary>
    string Name { get; }

    /// <summary>Throws where no container could be walled off that way now.</summary>
    /// <exception cref="VexaException">What is missing, and how to get it.</exception>
    Task Check(Isolation isolation, CancellationToken ct);

    /// <summary>Starts a container. Where it throws, <see cref="Remove"/> must still be called.</summary>
    /// <exception cref="VexaException">Why it could not be started.</exception>
    Task<BackendContainer> Start(WorkloadPlan plan, CancellationToken ct);

    /// <summary>Finds a container that an earlier process of this role started; null where it does not run any more.</summary>
    Task<BackendContainer?> Adopt(WorkloadSpec spec, CancellationToken ct);

    /// <summary>Kills whatever is left of a container and forgets it. Does nothing where nothing is left.</summary>
    Task Remove(DispatchId id, CancellationToken ct);

    /// <summary>Containers that the backend knows, alive or dead.</summary>
    Task<IReadOnlyList<DispatchId>> List(CancellationToken ct);
}

/// <summary>A container that was started.</summary>
internal abstract class BackendContainer
{
    /// <summary>Completes when its first process has ended.</summary>
    public abstract Task<ContainerEnd> Ended { get; }

    /// <summary>Asks its first process to end. One that has ended is no failure.</summary>
    public abstract Task Terminate();

    /// <summary>Ends it, with everything that runs in it. One that has ended is no failure.</summary>
    public abstract Task Kill();

    /// <summary>The last of what it wrote to standard output and error.</summary>
    public abstract byte[] Output { get; }
}

/// <param name="ExitCode">128 + signal where a signal ended it; null where nobody could see it.</param>
/// <param name="OutOfMemory">True where the kernel killed a process in it, not always the first one, for want of memory.</param>
internal sealed record ContainerEnd(int? ExitCode, bool OutOfMemory);
