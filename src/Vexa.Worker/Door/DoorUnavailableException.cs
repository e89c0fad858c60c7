namespace Vexa.Worker.Door;

/// <summary>The door, or something behind it, is away for the moment: the same request may succeed later.</summary>
internal sealed class DoorUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
