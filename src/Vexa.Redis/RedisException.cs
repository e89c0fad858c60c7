namespace Vexa.Redis;

/// <summary>Whatever goes wrong between us and the Redis server.</summary>
public abstract class RedisException(string message, Exception? inner = null) : Exception(message, inner);
