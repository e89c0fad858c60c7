using Vexa.Contracts;

namespace Vexa.Control.Api;

/// <summary>The HTTP API, all of it. Nothing below <c>/v1</c> is served that is not here.</summary>
public static class ApiOperations
{

    private static readonly ApiParameter Cursor = new("header", "Last-Event-ID", "integer", "The id of the last event that you have; events go on after it.");
    private static readonly ApiParameter After = new("query", "after", "integer", "The same as Last-Event-ID, for those who cannot set headers.");
    private static readonly ApiParameter Commit = new("query", "commit", "string", "The commit to look at; absent, the newest.");

    public static ApiOperation Chat { get; } = new()
    {
        Method = "POST", Path = "/v1/chat", Id = "chat", Tag = "chat",
        Summary = "Send a message; the events of its turn are the answer.",
        Body = typeof(ChatRequest),
        Answers = "The turn's events as they come, up to its one turn-complete. The id of each is its seq.",
        MediaTypes = ["text/event-stream"],
        Parameters = [Cursor, After],
        Headers = new Dictionary<string, string>
        {
            ["Vexa-Run"] = "The run that the turn belongs to.",
            ["Vexa-Session"] = "The session to go on with.",
            ["Vexa-Turn"] = "The turn; send it again as turn_id to go on after a lost connection.",
        },
        Refusals = new Dictionary<int, IReadOnlyList<string>>
        {
            [400] = ["bad-json", "prompt-empty", "prompt-characters", "limits-unknown", "workspaces-twice", "cursor-shape", "cursor-future", "cursor-turn"],
            [404] = ["unknown-runner", "unknown-workspace", "unknown-session"],
            [409] = ["session-settings", "dispatch-exists"],
            [413] = ["prompt-too-large", "too-large"],
            [429] = ["node-full", "subject-full"],
            [503] = ["redis-unavailable", "redis-full", "redis-disk", "runtime-unavailable", "bucket-unavailable", "session-closing"],
            [507] = ["bucket-full"],
        },
    };

    public static ApiOperation ListRuns { get; } = new()
    {
        Method = "GET", Path = "/v1/runs", Id = "listRuns", Tag = "runs",
        Summary = "Your runs, newest first.",
        Answers = "The runs.", Answer = typeof(RunList),
        Parameters = [new("query", "limit", "integer", "How many, 1 to 200; absent, 50.")],
    };

    public static ApiOperation GetRun { get; } = new()
    {
        Method = "GET", Path = "/v1/runs/{run}", Id = "getRun", Tag = "runs",
        Summary = "One run: its turns, commits and outcome.",
        Answers = "The run.", Answer = typeof(Run), Refusals = UnknownRun,
    };

    public static ApiOperation GetRunEvents { get; } = new()
    {
        Method = "GET", Path = "/v1/runs/{run}/events", Id = "getRunEvents", Tag = "runs",
        Summary = "The events of a run: those there are, or with Accept: text/event-stream all up to its end.",
        Answers = "The events, oldest first.", Answer = typeof(UnitEvent), IsList = true, MediaTypes = ["text/event-stream"],
        Parameters = [Cursor, After],
        Refusals = new Dictionary<int, IReadOnlyList<string>> { [400] = ["cursor-shape", "cursor-future", "id-grammar"], [404] = ["unknown-run"] },
    };

    public static ApiOperation GetRunLogs { get; } = new()
    {
        Method = "GET", Path = "/v1/runs/{run}/logs", Id = "getRunLogs", Tag = "runs",
        Summary = "What the container of a run wrote beside its events.",
        Answers = "The last of it, as text; empty where it is forgotten.", MediaTypes = ["text/plain"], Refusals = UnknownRun,
    };

    public static ApiOperation CancelRun { get; } = new()
    {
        Method = "POST", Path = "/v1/runs/{run}/cancel", Id = "cancelRun", Tag = "runs",
        Summary = "Stop what a run is doing, or end its container where it only waits; what it did until then stays.",
        Answers = "The run, with no turn open.", Answer = typeof(Run), Refusals = UnknownRun,
    };

    public static ApiOperation UndoRun { get; } = new()
    {
        Method = "POST", Path = "/v1/runs/{run}/undo", Id = "undoRun", Tag = "runs",
        Summary = "Take the commits of a run back, by a new commit in each workspace.",
        Answers = "The commits that did it, or the proposals where later work stands in the way.", Answer = typeof(UndoResult),
        Refusals = new Dictionary<int, IReadOnlyList<string>> { [400] = ["id-grammar"], [404] = ["unknown-run", "unknown-commit"], [409] = ["nothing-to-undo", "first-commit"] },
    };

    public static ApiOperation UndoCommit { get; } = new()
    {
        Method = "POST", Path = "/v1/workspaces/{workspace}/commits/{commit}/undo", Id = "undoCommit", Tag = "workspaces",
        Summary = "Take a commit of the trunk back, by a new commit; that one can be taken back too.",
        Answers = "The commit that did it, or the proposal where later work stands in the way.", Answer = typeof(UndoResult),
        Refusals = new Dictionary<int, IReadOnlyList<string>> { [400] = ["id-grammar"], [404] = ["unknown-workspace", "unknown-commit"], [409] = ["first-commit"], [410] = ["workspace-shredded"] },
    };

    public static ApiOperation ListWorkspaces { get; } = new()
    {
        Method = "GET", Path = "/v1/workspaces", Id = "listWorkspaces", Tag = "workspaces",
        Summary = "The workspaces, and the newest commit of each.",
        Answers = "The workspaces.", Answer = typeof(WorkspaceList),
    };

    public static ApiOperation CreateWorkspace { get; } = new()
    {
        Method = "POST", Path = "/v1/workspaces", Id = "createWorkspace", Tag = "workspaces",
        Summary = "Make a workspace, with its first files.",
        Body = typeof(WorkspaceCreate), Status = 201, Answers = "The workspace.", Answer = typeof(WorkspaceInfo),
        Refusals = new Dictionary<int, IReadOnlyList<string>> { [400] = ["bad-json", "bad-path"], [409] = ["workspace-exists"], [413] = ["too-large"], [507] = ["bucket-full"] },
    };

    public static ApiOperation ImportWorkspace { get; } = new()
    {
        Method = "POST", Path = "/v1/workspaces/{workspace}/import", Id = "importWorkspace", Tag = "workspaces",
        Summary = "Make a workspace of a git bundle, with its history; it is judged as what is pushed.",
        BodyMediaType = MediaTypes.GitBundle, Status = 201, Answers = "The workspace.", Answer = typeof(WorkspaceImport),
        Refusals = new Dictionary<int, IReadOnlyList<string>>
        {
            [400] = ["id-grammar", "bundle-format", "bundle-ref", "bundle-incomplete", "bundle-objects", "bundle-refused", "bundle-too-slow", "too-many-commits", "too-many-files", "bad-path", "bad-link", "submodule", "file-too-large", "commit-too-large"],
            [409] = ["workspace-exists"], [410] = ["workspace-shredded"], [413] = ["import-too-large"], [415] = ["content-type"], [507] = ["bucket-full", "cache-full"],
        },
    };

    public static ApiOperation ExportWorkspace { get; } = new()
    {
        Method = "GET", Path = "/v1/workspaces/{workspace}/export", Id = "exportWorkspace", Tag = "workspaces",
        Summary = "All of a workspace as one git bundle: trunk, proposals, receipts, each with its history.",
        Answers = "The bundle.", MediaTypes = [MediaTypes.GitBundle], Refusals = UnknownWorkspace,
    };

    public static ApiOperation CollectWorkspace { get; } = new()
    {
        Method = "POST", Path = "/v1/workspaces/{workspace}/gc", Id = "collectWorkspace", Tag = "workspaces",
        Summary = "Make the bundles of a workspace one, and remove what a crash left.",
        Answers = "What was done.", Answer = typeof(WorkspaceGc), Refusals = UnknownWorkspace,
    };

    public static ApiOperation ShredWorkspace { get; } = new()
    {
        Method = "POST", Path = "/v1/workspaces/{workspace}/shred", Id = "shredWorkspace", Tag = "workspaces",
        Summary = "Destroy a workspace for good: its key and its bundles.",
        Answers = "The certificate; the same again for a workspace that was shredded before.", Answer = typeof(ShredCertificate),
        Refusals = new Dictionary<int, IReadOnlyList<string>> { [400] = ["id-grammar"], [403] = ["local-only"], [404] = ["unknown-workspace"], [409] = ["home-workspace"] },
    };

    public static ApiOperation RotateKeys { get; } = new()
    {
        Method = "POST", Path = "/v1/keys/rotate", Id = "rotateKeys", Tag = "keys",
        Summary = "Make a new key-encryption key and wrap the data keys under it, or go on with that; repeat it until nothing remains.",
        Answers = "What this step did, and what remains.", Answer = typeof(KeyRotation),
        Refusals = new Dictionary<int, IReadOnlyList<string>> { [403] = ["local-only"], [409] = ["passphrase-same"], [500] = ["key-missing", "key-file", "key-unknown"] },
    };

    public static ApiOperation GetTree { get; } = new()
    {
        Method = "GET", Path = "/v1/workspaces/{workspace}/tree", Id = "getTree", Tag = "workspaces",
        Summary = "One folder of a workspace.",
        Answers = "Its entries.", Answer = typeof(WorkspaceTree),
        Parameters = [new("query", "path", "string", "The folder; absent, the root."), Commit], Refusals = UnknownPath,
    };

    public static ApiOperation GetFile { get; } = new()
    {
        Method = "GET", Path = "/v1/workspaces/{workspace}/file", Id = "getFile", Tag = "workspaces",
        Summary = "One file of a workspace, as its bytes.",
        Answers = "The file; it was written by agents, and is served as data, never as a page.", MediaTypes = ["application/octet-stream"],
        Parameters = [new("query", "path", "string", "The file, from the root.", IsRequired: true), Commit], Refusals = UnknownPath,
    };

    public static ApiOperation GetLog { get; } = new()
    {
        Method = "GET", Path = "/v1/workspaces/{workspace}/log", Id = "getLog", Tag = "workspaces",
        Summary = "The commits of a workspace, newest first.",
        Answers = "The commits.", Answer = typeof(WorkspaceLog),
        Parameters = [new("query", "limit", "integer", "How many, 1 to 500; absent, 50.")], Refusals = UnknownPath,
    };

    public static ApiOperation GetDiff { get; } = new()
    {
        Method = "GET", Path = "/v1/workspaces/{workspace}/diff", Id = "getDiff", Tag = "workspaces",
        Summary = "What changed between two commits, as a unified diff.",
        Answers = "The diff.", MediaTypes = ["text/plain"],
        Parameters = [new("query", "from", "string", "The earlier commit; absent, the parent of the later one."), new("query", "to", "string", "The later commit; absent, the newest.")],
        Refusals = UnknownPath,
    };

    public static ApiOperation ListTokens { get; } = new()
    {
        Method = "GET", Path = "/v1/tokens", Id = "listTokens", Tag = "tokens",
        Summary = "Your API tokens, oldest first; never the tokens themselves.",
        Answers = "The tokens.", Answer = typeof(TokenList), Refusals = LocalOnly,
    };

    public static ApiOperation CreateToken { get; } = new()
    {
        Method = "POST", Path = "/v1/tokens", Id = "createToken", Tag = "tokens",
        Summary = "Make an API token; this answer is the one time that it can be read.",
        Status = 201, Answers = "The token.", Answer = typeof(NewToken), Refusals = LocalOnly,
    };

    public static ApiOperation RevokeToken { get; } = new()
    {
        Method = "DELETE", Path = "/v1/tokens/{token}", Id = "revokeToken", Tag = "tokens",
        Summary = "Revoke an API token; from then on it opens nothing.",
        Status = 204, Answers = "It is revoked.",
        Refusals = new Dictionary<int, IReadOnlyList<string>> { [403] = ["local-only"], [404] = ["unknown-token"] },
    };

    public static ApiOperation Description { get; } = new()
    {
        Method = "GET", Path = "/v1/openapi.json", Id = "getDescription", Tag = "description",
        Summary = "This description, as OpenAPI 3.1.",
        Answers = "The description.", MediaTypes = ["application/json"], IsOpen = true,
    };

    public static IReadOnlyList<ApiOperation> All { get; } =
    [
        Chat, ListRuns, GetRun, GetRunEvents, GetRunLogs, CancelRun, UndoRun, UndoCommit,
        ListWorkspaces, CreateWorkspace, ImportWorkspace, ExportWorkspace, CollectWorkspace, ShredWorkspace, GetTree, GetFile, GetLog, GetDiff,
        ListTokens, CreateToken, RevokeToken, RotateKeys, Description,
    ];

    private static Dictionary<int, IReadOnlyList<string>> LocalOnly => new() { [403] = ["local-only"] };

    private static Dictionary<int, IReadOnlyList<string>> UnknownRun => new() { [400] = ["id-grammar"], [404] = ["unknown-run"] };

    private static Dictionary<int, IReadOnlyList<string>> UnknownWorkspace => new() { [400] = ["id-grammar"], [404] = ["unknown-workspace"], [410] = ["workspace-shredded"] };

    private static Dictionary<int, IReadOnlyList<string>> UnknownPath => new() { [400] = ["id-grammar", "bad-path", "path-missing"], [404] = ["unknown-workspace", "unknown-commit", "unknown-path"], [410] = ["workspace-shredded"], [413] = ["file-too-large"] };
}
