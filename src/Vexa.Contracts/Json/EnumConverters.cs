using System.Text.Json;
using System.Text.Json.Serialization;

namespace Vexa.Contracts;

// One closed converter per enum: the generic JsonStringEnumConverter<T> takes its naming policy by constructor only.
internal sealed class AccessModeJsonConverter() : SnakeCaseEnumConverter<AccessMode>;
internal sealed class StageJsonConverter() : SnakeCaseEnumConverter<Stage>;
internal sealed class PartyJsonConverter() : SnakeCaseEnumConverter<Party>;
internal sealed class TriggerJsonConverter() : SnakeCaseEnumConverter<Trigger>;
internal sealed class WorkloadKindJsonConverter() : SnakeCaseEnumConverter<WorkloadKind>;
internal sealed class WorkloadStateJsonConverter() : SnakeCaseEnumConverter<WorkloadState>;
internal sealed class StopReasonJsonConverter() : SnakeCaseEnumConverter<StopReason>;
internal sealed class IsolationJsonConverter() : SnakeCaseEnumConverter<Isolation>;
internal sealed class RunStateJsonConverter() : SnakeCaseEnumConverter<RunState>;
internal sealed class EntryKindJsonConverter() : SnakeCaseEnumConverter<EntryKind>;
internal sealed class RunnerTurnsJsonConverter() : SnakeCaseEnumConverter<RunnerTurns>;
internal sealed class ToolEffectJsonConverter() : SnakeCaseEnumConverter<ToolEffect>;
internal sealed class ToolGrantJsonConverter() : SnakeCaseEnumConverter<ToolGrant>;
internal sealed class CardStatusJsonConverter() : SnakeCaseEnumConverter<CardStatus>;
internal sealed class MisfireJsonConverter() : SnakeCaseEnumConverter<Misfire>;
internal sealed class OverlapJsonConverter() : SnakeCaseEnumConverter<Overlap>;
internal sealed class OccurrenceOutcomeJsonConverter() : SnakeCaseEnumConverter<OccurrenceOutcome>;
internal sealed class AuditOutcomeJsonConverter() : SnakeCaseEnumConverter<AuditOutcome>;
internal sealed class StreamFormatJsonConverter() : KebabCaseEnumConverter<StreamFormat>;
internal sealed class InferenceDialectJsonConverter() : KebabCaseEnumConverter<InferenceDialect>;

/// <summary>
/// An enum as its snake_case name. Not the framework's factory-made converter: that one is put together by reflection, method by method
/// compiled at run time, which costs the worker more than ten milliseconds before its first frame.
/// </summary>
internal abstract class SnakeCaseEnumConverter<T>() : EnumNameConverter<T>(JsonNamingPolicy.SnakeCaseLower) where T : struct, Enum;

internal abstract class KebabCaseEnumConverter<T>() : EnumNameConverter<T>(JsonNamingPolicy.KebabCaseLower) where T : struct, Enum;

internal abstract class EnumNameConverter<T> : JsonConverter<T> where T : struct, Enum
{
    // A handful of names each: a search through a list is as quick as any lookup.
    private readonly T[] _values = Enum.GetValues<T>();
    private readonly string[] _names;

    protected EnumNameConverter(JsonNamingPolicy naming) => _names = Array.ConvertAll(Enum.GetNames<T>(), naming.ConvertName);

    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
            for (var i = 0; i < _names.Length; i++)
                if (reader.ValueTextEquals(_names[i]))
                    return _values[i];

        throw new JsonException($"not one of {string.Join(", ", _names)}");
    }

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
    {
        for (var i = 0; i < _values.Length; i++)
            if (EqualityComparer<T>.Default.Equals(_values[i], value))
            {
                writer.WriteStringValue(_names[i]);
                return;
            }

        throw new JsonException($"{value} is no {typeof(T).Name}");
    }
}
