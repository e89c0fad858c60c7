using System.Collections.Frozen;
using System.Reflection;
using System.Text.Json.Serialization;
using Vexa.Contracts;

namespace Vexa.Streams;

/// <summary>The <c>type</c> of each event, read off the contract.</summary>
public static class EventTypes
{
    private static readonly FrozenDictionary<Type, string> Names = typeof(UnitEvent).GetCustomAttributes<JsonDerivedTypeAttribute>()
        .ToFrozenDictionary(a => a.DerivedType, a => (string)a.TypeDiscriminator!);

    public static string TurnAccepted { get; } = Names[typeof(TurnAccepted)];

    public static string TurnComplete { get; } = Names[typeof(TurnComplete)];

    public static string End { get; } = Names[typeof(End)];

    public static string NameOf(UnitEvent unitEvent) => Names[unitEvent.GetType()];
}
