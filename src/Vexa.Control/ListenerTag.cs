using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Vexa.Control;

/// <summary>By which of control's listeners a connection came in; a connection feature.</summary>
internal sealed record ListenerTag(string Name)
{
    /// <summary>People and API clients, over TCP.</summary>
    public const string Api = "api";
    /// <summary>The user who runs vexa, on this machine.</summary>
    public const string Local = "local";
    /// <summary>Runtime and door.</summary>
    public const string Internal = "internal";

    public static Action<ListenOptions> Put(string name) => listen => listen.Use(next => connection =>
    {
        connection.Features.Set(new ListenerTag(name));
        return next(connection);
    });
}
