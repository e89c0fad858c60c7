using System.Net;
using System.Net.Http.Json;
using Vexa.IntegrationTests.Drivers;

namespace Vexa.IntegrationTests.Dispatches;

/// <summary>A node that takes one container at once: what the next one hears, and what is left of one that has ended.</summary>
public sealed class FullNodeTests : IAsyncLifetime
{
    private RunningStack _stack = null!;

    public async ValueTask InitializeAsync() =>
        _stack = await RunningStack.Start(new Dictionary<string, string> { ["VEXA_MAX_WORKLOADS"] = "1", ["VEXA_MAX_QUEUED"] = "0" });

    public ValueTask DisposeAsync() => _stack is null ? ValueTask.CompletedTask : _stack.DisposeAsync();

    [Fact]
    public async Task The_next_message_is_refused_with_the_time_to_wait_and_nothing_of_it_is_stored()
    {
        var first = await _stack.Ask("echo first", idle: 60);
        using (var refused = await Post("echo second"))
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
            Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5));
            Assert.Equal("subject-full", (await refused.Content.ReadFromJsonAsync(VexaJson.Default.Problem))!.Rule);
        }

        Assert.Equal([first.Dispatch], (await Runs()).Select(run => run.Id));
        var (exit, output, errors) = await _stack.Vexa("ask", "--runner", "shell", "echo third");
        Assert.Equal((3, ""), (exit, output));
        Assert.Contains("1 container", errors, StringComparison.Ordinal);
        Assert.Contains("vexa cancel RUN", errors, StringComparison.Ordinal);
        Assert.Equal([first.Dispatch], (await Runs()).Select(run => run.Id));

        // The container that has the place still takes messages; and when it has ended, its place is the next one's.
        Assert.Equal("again\n", (await _stack.Ask("echo again", first.Session)).Text);
        Assert.Equal(0, (await _stack.Vexa("cancel", first.Dispatch.Value)).Exit);
        await _stack.AwaitEnd(first.Dispatch);
        Assert.Equal("second\n", (await _stack.Ask("echo second")).Text);
    }

    [Fact]
    public async Task What_a_container_printed_is_kept_after_its_end_and_after_that_of_the_runtime()
    {
        var log = await _stack.Ask("echo canary-4712 > /proc/1/fd/2; echo done");
        await _stack.AwaitEnd(log.Dispatch);
        Assert.Contains("canary-4712", (await _stack.Vexa("logs", log.Dispatch.Value)).Output, StringComparison.Ordinal);
        await _stack.KillAndAwaitRestart("runtime");
        Assert.Contains("canary-4712", (await _stack.Vexa("logs", log.Dispatch.Value)).Output, StringComparison.Ordinal);
    }

    private async Task<HttpResponseMessage> Post(string prompt)
    {
        var request = new ChatRequest { Prompt = prompt, Runner = Id.Parse<RunnerName>("shell") };
        return await _stack.Api.PostAsync(new Uri("/v1/chat", UriKind.Relative), JsonContent.Create(request, VexaJson.Default.ChatRequest));
    }

    private async Task<IReadOnlyList<Run>> Runs()
    {
        using var answer = await _stack.Api.GetAsync(new Uri("/v1/runs", UriKind.Relative));
        return (await answer.Content.ReadFromJsonAsync(VexaJson.Default.RunList))!.Runs;
    }
}
