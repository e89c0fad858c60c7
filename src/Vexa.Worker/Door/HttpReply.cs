namespace Vexa.Worker.Door;

/// <param name="MediaType">Content type without parameters, lower case; empty where there is none.</param>
/// <param name="KeepAlive">False where the connection ends with this reply.</param>
internal sealed record HttpReply(int Status, string MediaType, byte[] Body, bool KeepAlive);
