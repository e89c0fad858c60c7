namespace Vexa.Redis;

/// <summary>The server sent something that is not RESP, or more than we accept. The connection is closed: its framing is lost.</summary>
internal sealed class RespProtocolException(string message) : Exception(message);
