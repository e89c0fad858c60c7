using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Vexa.Contracts;
using Vexa.Identity;
using Vexa.Schemas;

namespace Vexa.Cli.Attack;

/// <summary>What an attacker is assumed to have stolen from a live dispatch of somebody else: tokens, ids, paths.</summary>
internal static class VictimFacts
{
    private static readonly TimeSpan Short = TimeSpan.FromMinutes(10);

    public static IReadOnlyDictionary<string, string> Of(Victim victim, AttackStack stack, Canaries canaries)
    {
        var options = stack.Options;
        var token = File.ReadAllText(TokenFile(victim, options.RunFolder));
        var claims = Contract.Read(Base64Url.DecodeFromChars(token.Split('.')[1]), VexaJson.Default.DispatchClaims);
        using var key = SigningKey.LoadOrCreate(options.KeysFolder);
        return new Dictionary<string, string>
        {
            ["victim_dispatch"] = victim.Run.Value,
            ["victim_turn"] = victim.Turn.Value,
            ["victim_workspace"] = Victim.Workspace,
            ["ungranted_workspace"] = Victim.Workspace,
            ["victim_commit"] = victim.Commit,
            ["victim_blob"] = BlobName(canaries.VictimWorkspace.Secret + "\n"),
            ["victim_token"] = token,
            ["expired_token"] = new TokenMint(key, new Clock(TimeProvider.System.GetUtcNow() - TimeSpan.FromHours(1))).Renew(claims, Short),
            ["runtime_token"] = new TokenMint(key, TimeProvider.System).Renew(claims with { Aud = Audience.Runtime }, Short),
            ["public_jwks"] = JsonSerializer.Serialize(JsonDocument.Parse(File.ReadAllBytes(Path.Combine(options.KeysFolder, KeySet.FileName))).RootElement),
            ["victim_door"] = Path.Combine(DoorFolder(victim, options.RunFolder), "door.sock"),
        };
    }

    public static string DoorFolder(Victim victim, string run) => Path.Combine(run, "door", victim.Run.Value);

    public static string WorkspaceFolder(Victim victim, string run) => Path.Combine(run, "scratch", victim.Run.Value, "merged", Victim.Workspace);

    private static string TokenFile(Victim victim, string run) => Path.Combine(run, "scratch", victim.Run.Value, "token", "token");

    // Git's own name of it, not a matter of trust.
#pragma warning disable CA5350
    private static string BlobName(string text) => Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes($"blob {Encoding.UTF8.GetByteCount(text)}\0{text}")));
#pragma warning restore CA5350

    private sealed class Clock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
