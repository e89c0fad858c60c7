using System.Net;
using System.Text.Json.Nodes;

namespace Vexa.IntegrationTests.Cli;

/// <summary>An API token can be lost, and then another is made.</summary>
public sealed class TokenTests
{
    [Fact]
    public async Task A_token_is_made_listed_and_revoked()
    {
        await using var stack = new OwnStack();
        await stack.Up();

        var made = JsonNode.Parse((await stack.Vexa("token", "new", "--json")).Output)!;
        var (id, token) = ((string)made["id"]!, (string)made["token"]!);
        Assert.Equal(HttpStatusCode.OK, await Call(stack, token));
        var list = await stack.Vexa("token", "list");
        Assert.Contains(id, list.Output, StringComparison.Ordinal);
        Assert.Equal(2, list.Output.Trim().Split('\n').Length);
        Assert.DoesNotContain(token.Split('_', 3)[2], list.Output, StringComparison.Ordinal);

        Assert.Equal(0, (await stack.Vexa("token", "revoke", id)).Exit);
        Assert.Equal(HttpStatusCode.Unauthorized, await Call(stack, token));
        Assert.Equal(5, (await stack.Vexa("token", "revoke", id)).Exit);
        Assert.Equal(5, (await stack.Vexa("token", "revoke", "../home/manifest")).Exit);
    }

    [Fact]
    public async Task A_token_makes_no_other_and_the_hint_names_what_does()
    {
        await using var stack = new OwnStack();
        await stack.Up();
        var token = (await stack.Vexa("token", "new")).Output.Trim();
        stack.Settings["VEXA_URL"] = $"http://127.0.0.1:{stack.Port}";
        stack.Settings["VEXA_TOKEN"] = token;
        var (exit, output, _) = await stack.Vexa("token", "new", "--json");
        stack.Settings["VEXA_TOKEN"] = "vexa_000000000000_x";
        var unknown = JsonNode.Parse((await stack.Vexa("runs", "--json")).Output)!;

        Assert.Equal(4, exit);
        Assert.Equal("local-only", (string?)JsonNode.Parse(output)!["rule"]);
        Assert.Contains("vexa token new", (string)unknown["mend"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whichever_command_starts_the_stack_shows_the_first_token_unless_it_speaks_to_a_program()
    {
        await using var stack = new OwnStack();
        stack.UseImages();

        var silent = await stack.Vexa("ask", "--json", "--idle", "1", "Hello");
        var told = await stack.Vexa("ask", "--idle", "1", "Hello");

        Assert.DoesNotContain("vexa_", silent.Output + silent.Errors, StringComparison.Ordinal);
        var token = told.Errors.Split('\n').Single(line => line.StartsWith("API token, shown this once: ", StringComparison.Ordinal)).Split(' ')[^1];
        Assert.Equal(HttpStatusCode.OK, await Call(stack, token));
    }

    private static async Task<HttpStatusCode> Call(OwnStack stack, string token)
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new("Bearer", token);
        using var answer = await http.GetAsync(new Uri($"http://127.0.0.1:{stack.Port}/v1/runs"), TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }
}
