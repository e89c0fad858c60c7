using System.Text.Json;
using System.Text.Json.Serialization;

namespace Vexa.Contracts;

/// <summary>
/// The one serialiser of everything that crosses a process boundary: snake_case, closed objects (an unknown field is an error),
/// no nulls written, at most 64 levels deep.
/// </summary>
/// <remarks>
/// A property with a default has <c>set</c>, not <c>init</c>: generated code assigns every <c>init</c> property, and where the JSON lacks it
/// that is <c>null</c> or 0 instead of the default.
/// </remarks>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowOutOfOrderMetadataProperties = true,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    MaxDepth = 64)]
[JsonSerializable(typeof(Dispatch))]
[JsonSerializable(typeof(UnitEvent))]
[JsonSerializable(typeof(IReadOnlyList<UnitEvent>))]
[JsonSerializable(typeof(UnitMessage))]
[JsonSerializable(typeof(AgentRunner))]
[JsonSerializable(typeof(WorkerOrder))]
[JsonSerializable(typeof(WorkloadCreate))]
[JsonSerializable(typeof(WorkloadStatus))]
[JsonSerializable(typeof(WorkloadList))]
[JsonSerializable(typeof(WorkloadEvent))]
[JsonSerializable(typeof(Workspace))]
[JsonSerializable(typeof(Manifest))]
[JsonSerializable(typeof(CommitResult))]
[JsonSerializable(typeof(DispatchClaims))]
[JsonSerializable(typeof(Receipt))]
[JsonSerializable(typeof(EventAppend))]
[JsonSerializable(typeof(EventAppended))]
[JsonSerializable(typeof(Inbox))]
[JsonSerializable(typeof(InboxClose))]
[JsonSerializable(typeof(InboxClosed))]
[JsonSerializable(typeof(RenewedToken))]
[JsonSerializable(typeof(ChatRequest))]
[JsonSerializable(typeof(Run))]
[JsonSerializable(typeof(RunList))]
[JsonSerializable(typeof(Session))]
[JsonSerializable(typeof(TurnOccurrence))]
[JsonSerializable(typeof(ApiToken))]
[JsonSerializable(typeof(RecordsKey))]
[JsonSerializable(typeof(PassphraseSalt))]
[JsonSerializable(typeof(BucketClaim))]
[JsonSerializable(typeof(Tombstone))]
[JsonSerializable(typeof(Push))]
[JsonSerializable(typeof(ShredCertificate))]
[JsonSerializable(typeof(KeyRotation))]
[JsonSerializable(typeof(TokenList))]
[JsonSerializable(typeof(NewToken))]
[JsonSerializable(typeof(WorkspaceCreate))]
[JsonSerializable(typeof(WorkspaceInfo))]
[JsonSerializable(typeof(WorkspaceList))]
[JsonSerializable(typeof(WorkspaceFault))]
[JsonSerializable(typeof(WorkspaceTree))]
[JsonSerializable(typeof(WorkspaceLog))]
[JsonSerializable(typeof(WorkspaceImport))]
[JsonSerializable(typeof(WorkspaceGc))]
[JsonSerializable(typeof(UnnamedObjects))]
[JsonSerializable(typeof(UndoResult))]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(Tool))]
[JsonSerializable(typeof(ProactiveCard))]
[JsonSerializable(typeof(CardDecision))]
[JsonSerializable(typeof(Schedule))]
[JsonSerializable(typeof(Occurrence))]
[JsonSerializable(typeof(DispatchTemplate))]
[JsonSerializable(typeof(DelegationGrant))]
[JsonSerializable(typeof(DelegationTerms))]
[JsonSerializable(typeof(ExchangedToken))]
[JsonSerializable(typeof(AuditRecord))]
[JsonSerializable(typeof(Segment))]
[JsonSerializable(typeof(TranscriptMessage))]
[JsonSerializable(typeof(ClientMessage))]
[JsonSerializable(typeof(ServerMessage))]
public sealed partial class VexaJson : JsonSerializerContext;
