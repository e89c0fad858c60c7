namespace Vexa.Redis;

/// <summary>How the shared connection is.</summary>
/// <param name="Connected">Whether there is a connection now.</param>
/// <param name="Since">Since when it is so.</param>
/// <param name="LastFailure">Why there is none, or why the last one ended; null where nothing failed yet. Holds no secret.</param>
/// <param name="Connects">How many connections were made so far; each after the first is a reconnect.</param>
internal sealed record RedisStatus(bool Connected, DateTimeOffset Since, string? LastFailure, long Connects);
