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
internal sealed class RunStateJsonConverter() : SnakeCaseEnumConverter<RunState>;
internal sealed class EntryKindJsonConverter() : SnakeCaseEnumConverter<EntryKind>;
internal sealed class RunnerTurnsJsonConverter() : SnakeCaseEnumConverter<RunnerTurns>;
internal sealed class StreamFormatJsonConverter() : KebabCaseEnumConverter<StreamFormat>;
internal sealed class InferenceDialectJsonConverter() : KebabCaseEnumConverter<InferenceDialect>;

internal abstract class SnakeCaseEnumConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where T : struct, Enum;

internal abstract class KebabCaseEnumConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false)
    where T : struct, Enum;
