using System.Runtime.InteropServices;

namespace Vexa.Worker.Processes;

/// <summary>The kernel refused to start a process.</summary>
/// <param name="error">The error number.</param>
internal sealed class SpawnException(int error) : Exception(Marshal.GetPInvokeErrorMessage(error))
{
    public int Error { get; } = error;
}
