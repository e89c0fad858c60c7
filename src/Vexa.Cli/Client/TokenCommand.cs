using System.CommandLine;
using System.Globalization;
using Vexa.Cli.Commands;
using Vexa.Contracts;

namespace Vexa.Cli.Client;

/// <summary><c>vexa token</c>: API tokens, for whoever calls over HTTP. The commands themselves need none on this machine.</summary>
internal static class TokenCommand
{
    public static Command Create() => new("token", "API tokens: token new, list, revoke ID.") { New(), List(), Revoke() };

    private static Command New()
    {
        var command = new Command("new", "Make an API token and print it, this once.") { Terminal.JsonOption() };
        command.SetAction(async (parsed, ct) =>
        {
            var terminal = Terminal.Of(parsed);
            using var client = Connection.Open();
            var made = await client.CreateToken(ct);
            terminal.Result(made, VexaJson.Default.NewToken);
            terminal.Line(made.Token);
            terminal.AdviseAside($"It is shown this once. Take it back: vexa token revoke {made.Id}");
            return ExitCodes.Ok;
        });
        return command;
    }

    private static Command List()
    {
        var command = new Command("list", "Show which API tokens there are, never the tokens.") { Terminal.JsonOption() };
        command.SetAction(async (parsed, ct) =>
        {
            var terminal = Terminal.Of(parsed);
            using var client = Connection.Open();
            var list = await client.Tokens(ct);
            terminal.Result(list, VexaJson.Default.TokenList);
            foreach (var token in list.Tokens)
                terminal.Line(string.Create(CultureInfo.InvariantCulture, $"{token.Id}  made {token.CreatedAt.ToLocalTime():yyyy-MM-dd HH:mm:ss}"));
            if (list.Tokens.Count == 0)
                terminal.Advise("There is none. Make one: vexa token new");
            return ExitCodes.Ok;
        });
        return command;
    }

    private static Command Revoke()
    {
        var id = new Argument<string>("id") { Description = "Id of the token: its middle part." };
        var command = new Command("revoke", "Take an API token back; it opens nothing any more.") { id, Terminal.JsonOption() };
        command.SetAction(async (parsed, ct) =>
        {
            var terminal = Terminal.Of(parsed);
            using var client = Connection.Open();
            await client.RevokeToken(parsed.GetValue(id)!, ct);
            terminal.Result(new TokenRevoked(Ok: true, parsed.GetValue(id)!), ClientJson.Default.TokenRevoked);
            terminal.Line($"Token {parsed.GetValue(id)} opens nothing any more.");
            return ExitCodes.Ok;
        });
        return command;
    }
}

/// <summary>What <c>vexa token revoke --json</c> prints.</summary>
internal sealed record TokenRevoked(bool Ok, string Id);
