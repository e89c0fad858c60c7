using System.Net;

namespace Vexa.Docker;

/// <summary>The engine answered with an error.</summary>
/// <param name="status">As it answered.</param>
/// <param name="message">Its own words.</param>
public sealed class EngineException(HttpStatusCode status, string message) : Exception(message)
{
    public HttpStatusCode Status { get; } = status;
}

/// <summary>Why there was no answer.</summary>
public enum EngineFault
{
    /// <summary>There is no such socket, or nobody listens at it.</summary>
    Absent,

    /// <summary>Its socket is there, and this user may not open it.</summary>
    NotPermitted,

    /// <summary>It went away before it had answered; what was asked for may have been done.</summary>
    Gone,

    /// <summary>It did not answer in time; what was asked for may have been done.</summary>
    Silent,

    /// <summary>It speaks none of the versions that are spoken here.</summary>
    Version,
}

/// <summary>There is no engine to talk to.</summary>
/// <param name="fault">Why.</param>
/// <param name="message">One sentence, which names the socket.</param>
/// <param name="inner">The cause.</param>
public sealed class EngineUnavailableException(EngineFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    public EngineFault Fault { get; } = fault;
}
