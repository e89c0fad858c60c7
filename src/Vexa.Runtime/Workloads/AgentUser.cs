namespace Vexa.Runtime.Workloads;

/// <summary>The user that every agent runs as; the image has it, the host has not.</summary>
internal static class AgentUser
{
    public const int Uid = 10001;
    public const int Gid = 10001;
    public const string Name = "agent";
    public const string Home = "/home/agent";
}
