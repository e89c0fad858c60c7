using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Vexa.Contracts;

namespace Vexa.Schemas;

/// <summary>Reads what crosses a boundary: against its schema first, then into its record.</summary>
public static class Contract
{
    // Which fields may be unknown, the schema has decided by then.
    private static readonly VexaJson Viewers = new(new JsonSerializerOptions(VexaJson.Default.Options) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip });

    /// <summary>Reads strictly: a field or a union member that the schema does not have is a fault.</summary>
    /// <typeparam name="T">A record with a <see cref="ContractAttribute"/>.</typeparam>
    /// <exception cref="ContractException">It is not JSON, or not what the contract says; with the JSON pointer of the first fault.</exception>
    public static T Read<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type) where T : class => Read(json, type, tolerant: false);

    /// <summary>Reads as a viewer: where the schema says <c>x-reader: tolerant</c>, what is not known is passed over.</summary>
    /// <exception cref="ContractException">As of <see cref="Read{T}(ReadOnlySpan{byte}, JsonTypeInfo{T})"/>.</exception>
    public static T ReadTolerant<T>(ReadOnlySpan<byte> json) where T : class => Read(json, (JsonTypeInfo<T>)Viewers.GetTypeInfo(typeof(T))!, tolerant: true);

    private static T Read<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type, bool tolerant) where T : class
    {
        var shape = Shapes<T>.Value;
        if (shape.Check(json, tolerant) is { } fault)
            throw new ContractException(shape.Name, fault);

        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new JsonException("null");
        }
        catch (JsonException unlike)
        {
            // The record asks for more than the schema can say.
            throw new ContractException(shape.Name, new SchemaFault(Pointer.Of(unlike.Path), unlike.InnerException?.Message ?? "is not what it should be"), unlike);
        }
    }

    private static class Shapes<T>
    {
        public static readonly Shape Value = typeof(T).GetCustomAttributes<ContractAttribute>().FirstOrDefault() is { } contract
            ? SchemaLibrary.Embedded.Find(contract.Name, contract.Shape ?? typeof(T).Name)
            : throw new InvalidOperationException($"{typeof(T).Name} is of no contract.");
    }
}
