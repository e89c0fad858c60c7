using System.Collections.Frozen;

namespace Vexa.Redis;

/// <summary>On which kind of connection a command may run.</summary>
internal enum CommandUse
{
    /// <summary>Any.</summary>
    Anywhere,
    /// <summary>A rented connection: on the shared one it would hold up everybody.</summary>
    Blocking,
    /// <summary>None: it would change the connection's state under others' feet, or break the match of replies to commands.</summary>
    Internal,
}

internal static class CommandRules
{
    private static readonly FrozenDictionary<string, CommandUse> Special = new Dictionary<string, CommandUse>
    {
        ["BLPOP"] = CommandUse.Blocking,
        ["BRPOP"] = CommandUse.Blocking,
        ["BRPOPLPUSH"] = CommandUse.Blocking,
        ["BLMOVE"] = CommandUse.Blocking,
        ["BLMPOP"] = CommandUse.Blocking,
        ["BZPOPMIN"] = CommandUse.Blocking,
        ["BZPOPMAX"] = CommandUse.Blocking,
        ["BZMPOP"] = CommandUse.Blocking,
        ["WAIT"] = CommandUse.Blocking,
        ["WAITAOF"] = CommandUse.Blocking,
        ["MULTI"] = CommandUse.Internal,
        ["EXEC"] = CommandUse.Internal,
        ["DISCARD"] = CommandUse.Internal,
        ["WATCH"] = CommandUse.Internal,
        ["UNWATCH"] = CommandUse.Internal,
        ["SELECT"] = CommandUse.Internal,
        ["AUTH"] = CommandUse.Internal,
        ["HELLO"] = CommandUse.Internal,
        ["RESET"] = CommandUse.Internal,
        ["QUIT"] = CommandUse.Internal,
        ["MONITOR"] = CommandUse.Internal,
        ["SYNC"] = CommandUse.Internal,
        ["PSYNC"] = CommandUse.Internal,
        ["SUBSCRIBE"] = CommandUse.Internal,
        ["UNSUBSCRIBE"] = CommandUse.Internal,
        ["PSUBSCRIBE"] = CommandUse.Internal,
        ["PUNSUBSCRIBE"] = CommandUse.Internal,
        ["SSUBSCRIBE"] = CommandUse.Internal,
        ["SUNSUBSCRIBE"] = CommandUse.Internal,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    public static CommandUse UseOf(string name, ReadOnlySpan<RedisArg> args)
    {
        if (Special.TryGetValue(name, out var use))
            return use;
        if (name.StartsWith("XREAD", StringComparison.OrdinalIgnoreCase) && BlocksBeforeStreams(args))
            return CommandUse.Blocking;
        if (name.Equals("CLIENT", StringComparison.OrdinalIgnoreCase) && args is [var sub, ..]
            && (sub.Is("REPLY") || sub.Is("TRACKING") || sub.Is("CACHING")))
            return CommandUse.Internal;
        return CommandUse.Anywhere;
    }

    /// <exception cref="ArgumentException">The command may not run on that kind of connection.</exception>
    public static void Check(RedisCommand command, CommandUse allowed)
    {
        if (command.Use > allowed)
        {
            throw new ArgumentException(command.Use == CommandUse.Blocking
                ? $"{command.Name} would block the connection that everybody shares; use RentBlocking."
                : $"{command.Name} changes the state of a connection, which belongs to the client itself.");
        }
    }

    private static bool BlocksBeforeStreams(ReadOnlySpan<RedisArg> args)
    {
        foreach (var arg in args)
        {
            if (arg.Is("BLOCK"))
                return true;
            if (arg.Is("STREAMS"))
                return false; // What follows are keys, and a key may be called "block".
        }

        return false;
    }
}
