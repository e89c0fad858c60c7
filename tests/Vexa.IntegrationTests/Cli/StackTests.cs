using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Vexa.Cli.Stack;
using Vexa.IntegrationTests.Drivers;

namespace Vexa.IntegrationTests.Cli;

public sealed class StackTests
{
    [Fact]
    public async Task Detached_it_returns_when_all_is_healthy_and_down_waits_for_the_end()
    {
        await using var stack = new OwnStack();
        await stack.Up();
        var status = await stack.Status();

        Assert.True((bool)status!["ok"]!, status.ToJsonString());
        Assert.Equal(("rehearsal", "oci, runc"), ((string?)status["model"], (string?)status["containers"]));
        Assert.Equal(["redis", "door", "runtime", "rehearsal", "control"], status["roles"]!.AsArray().Select(role => (string)role!["name"]!));
        var (exit, output, _) = await stack.Vexa("down");
        Assert.Equal((0, "Stopped.\n"), (exit, output));
        Assert.Empty(stack.Processes());
        Assert.False(Directory.Exists(stack.Run));
    }

    [Fact]
    public async Task A_role_that_is_killed_is_started_again_and_the_others_are_left_alone()
    {
        await using var stack = new OwnStack();
        await stack.Up();
        var killed = Pid(await stack.Role("door"));
        var other = Pid(await stack.Role("control"));
        Kill(killed, Libc.SigKill);

        var door = await Until.IsTrue(async () => await stack.Role("door") is var role && Pid(role) != killed && (string?)role["phase"] == "healthy" ? role : null);
        Assert.Equal(1, (int)door["restarts"]!);
        Assert.Equal("signal 9", (string?)door["last_exit"]);
        Assert.Equal(other, Pid(await stack.Role("control")));
    }

    [Fact]
    public async Task Redis_that_is_killed_comes_back_with_what_it_was_told()
    {
        await using var stack = new OwnStack();
        await stack.Up();
        var killed = Pid(await stack.Role("redis"));
        Assert.StartsWith("+OK", await Redis(stack, "SET durable yes\r\nCONFIG GET port\r\n"), StringComparison.Ordinal);
        await Until.IsTrue(async () => (await Redis(stack, "INFO persistence\r\n")).Contains("aof_pending_bio_fsync:0", StringComparison.Ordinal) ? "" : null);
        Kill(killed, Libc.SigKill);

        await Until.IsTrue(async () => Pid(await stack.Role("redis")) is not 0 and var pid && pid != killed && (string?)(await stack.Role("redis"))["phase"] == "healthy" ? "" : null);
        Assert.Contains("yes", await Redis(stack, "GET durable\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ctrl_C_stops_everything()
    {
        await using var stack = new OwnStack();
        using var up = stack.Start("up");
        var output = up.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await stack.AwaitHealthy();
        Kill(up.Id, 2);
        await up.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(0, up.ExitCode);
        Assert.Contains($"http://127.0.0.1:{stack.Port}", await output, StringComparison.Ordinal);
        Assert.Empty(stack.Processes());
        Assert.False(Directory.Exists(stack.Run));
    }

    [Fact]
    public async Task A_supervisor_that_is_killed_leaves_nothing_running_and_the_next_up_works()
    {
        await using var stack = new OwnStack();
        await stack.Up();
        Kill(await stack.Supervisor(), Libc.SigKill);

        await stack.AwaitNothingLeft();
        Assert.Equal(3, (await stack.Vexa("status")).Exit);
        await stack.Up();
        await stack.AwaitHealthy();
    }

    [Fact]
    public async Task A_second_up_says_that_it_runs_already()
    {
        await using var stack = new OwnStack();
        await stack.Up();
        var supervisor = await stack.Supervisor();

        var detached = await stack.Vexa("up", "--detach");
        var inFront = await stack.Vexa("up", "--json");

        Assert.Equal(0, detached.Exit);
        Assert.Contains("runs already", detached.Output, StringComparison.Ordinal);
        Assert.Equal(0, inFront.Exit);
        Assert.True((bool)JsonNode.Parse(inFront.Output)!["already_running"]!);
        Assert.Equal(supervisor, await stack.Supervisor());
    }

    [Fact]
    public async Task Two_ups_at_once_make_one_stack()
    {
        await using var stack = new OwnStack();

        var both = await Task.WhenAll(stack.Vexa("up", "-d", "--json"), stack.Vexa("up", "-d", "--json"));

        Assert.All(both, up => Assert.True(up.Exit == 0, up.Output + up.Errors));
        var pids = both.Select(up => (int)JsonNode.Parse(up.Output)!["pid"]!).Distinct().ToList();
        Assert.Equal([await stack.Supervisor()], pids);
    }

    [Fact]
    public async Task What_a_dead_supervisor_left_is_ended_and_nothing_that_merely_has_its_pid()
    {
        await using var stack = new OwnStack();
        using var left = Process.Start("sleep", "300");
        using var stranger = Process.Start("sleep", "300");
        var options = new StackOptions { DataFolder = stack.Data, RunFolder = stack.Run };
        StackFolders.Create(options);
        var now = TimeProvider.System.GetUtcNow();
        var later = ProcessStamp.Of(stranger.Id)!;
        new StackState
        {
            Supervisor = ProcessStamp.Own with { StartTicks = 1 },
            Phase = StackPhase.Running,
            Address = "",
            RunFolder = stack.Run,
            Model = "rehearsal",
            Containers = "oci, runc",
            StartedAt = now,
            Roles =
            [
                new RoleState { Name = "left", Phase = RolePhase.Healthy, Since = now, Process = ProcessStamp.Of(left.Id) },
                new RoleState { Name = "stranger", Phase = RolePhase.Healthy, Since = now, Process = later with { StartTicks = later.StartTicks - 1 } },
            ],
        }.Write(options);

        Assert.Equal(3, (await stack.Vexa("status")).Exit);
        var down = JsonNode.Parse((await stack.Vexa("down", "--json")).Output)!;

        Assert.False((bool)down["was_running"]!);
        Assert.Equal(["left"], down["cleared"]!.AsArray().Select(name => (string)name!));
        await left.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.False(stranger.HasExited);
        stranger.Kill();
    }

    [Fact]
    public async Task A_stack_with_other_data_cannot_take_the_runtime_folder_of_one_that_runs_nor_clear_it_away()
    {
        await using var stack = new OwnStack();
        await stack.Up();
        await using var other = new OwnStack();
        other.Settings["VEXA_RUN"] = stack.Run;

        Assert.Contains("run-folder-in-use", (await other.Vexa("up", "--detach", "--json")).Output, StringComparison.Ordinal);
        Assert.Contains(stack.Run, (await other.Vexa("up")).Errors, StringComparison.Ordinal);
        Assert.Equal(0, (await other.Vexa("down")).Exit);

        Assert.All((await stack.Status())!["roles"]!.AsArray(), role => Assert.Equal("healthy", (string?)role!["phase"]));
        Assert.Equal(0, (await stack.Vexa("runs")).Exit);
    }

    [Fact]
    public async Task A_port_in_use_is_told_with_the_mend_and_nothing_is_left()
    {
        await using var stack = new OwnStack();
        using var taken = new TcpListener(IPAddress.Loopback, stack.Port);
        taken.Start();

        await Refused(stack, "port-in-use", 3, "up", "--detach", "--json");
        await Refused(stack, "port-in-use", 3, "up", "--json");
        var mend = (string)JsonNode.Parse((await stack.Vexa("up", "--json")).Output)!["mend"]!;
        using var proposed = new TcpListener(IPEndPoint.Parse(mend.Split(' ')[^1]));
        proposed.Start();
    }

    [Fact]
    public async Task The_doctor_finds_what_keeps_a_stack_from_starting()
    {
        await using var stack = new OwnStack();
        using var taken = new TcpListener(IPAddress.Loopback, stack.Port);
        taken.Start();
        Directory.CreateDirectory(Path.Combine(stack.Data, "runners"));
        await File.WriteAllTextAsync(Path.Combine(stack.Data, "runners", "broken.json"), "{", TestContext.Current.CancellationToken);

        var (exit, output, _) = await stack.Vexa("doctor", "--json");
        var findings = JsonNode.Parse(output)!["findings"]!.AsArray().ToDictionary(finding => (string)finding!["name"]!, finding => finding!);

        Assert.Equal(1, exit);
        Assert.Equal(("wrong", "wrong", "warn"), ((string)findings["address"]["verdict"]!, (string)findings["runners"]["verdict"]!, (string)findings["image"]["verdict"]!));
        Assert.Contains("broken.json", (string)findings["runners"]["detail"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_doctor_finds_a_full_redis_and_its_mend_mends_it()
    {
        await using var stack = new OwnStack();
        await stack.Up();
        await Redis(stack, "CONFIG SET maxmemory 1000000\r\n");
        var memory = await Memory(stack);
        Assert.Equal("wrong", (string)memory["verdict"]!);

        var most = ((string)memory["mend"]!).Split("config set maxmemory ")[1].Split(';')[0];
        await Redis(stack, $"CONFIG SET maxmemory {most}\r\n");
        Assert.Equal("ok", (string)(await Memory(stack))["verdict"]!);

        static async Task<JsonNode> Memory(OwnStack stack) =>
            JsonNode.Parse((await stack.Vexa("doctor", "--json")).Output)!["findings"]!.AsArray().Single(finding => (string)finding!["name"]! == "memory")!;
    }

    [Fact]
    public async Task A_runtime_folder_on_a_disk_is_refused()
    {
        await using var stack = new OwnStack();
        stack.Settings["VEXA_RUN"] = "/var/lib/vexa-no";

        await Refused(stack, "run-folder", 3, "up", "--json");
        stack.Settings["VEXA_RUN"] = stack.Run;
    }

    [Fact]
    public async Task Where_nothing_runs_status_and_logs_say_so_and_down_has_nothing_to_do()
    {
        await using var stack = new OwnStack();

        await Refused(stack, "not-running", 3, "status", "--json");
        await Refused(stack, "no-logs", 3, "logs", "--json");
        Assert.Equal(0, (await stack.Vexa("down")).Exit);
    }

    [Fact]
    public async Task Logs_are_shown_by_role_and_an_unknown_role_is_told()
    {
        await using var stack = new OwnStack();
        await stack.Up();

        Assert.Contains("ready to accept connections", (await stack.Vexa("logs", "redis")).Output, StringComparison.Ordinal);
        Assert.Contains("stack running", (await stack.Vexa("logs", "supervisor", "--json")).Output, StringComparison.Ordinal);
        await Refused(stack, "unknown-role", 5, "logs", "nobody", "--json");
    }

    [Fact]
    public async Task Only_the_door_has_the_key()
    {
        await using var stack = new OwnStack();
        stack.Settings["ANTHROPIC_API_KEY"] = "sk-canary-4711";
        stack.Settings["VEXA_INFERENCE_URL"] = "http://127.0.0.1:9";
        await stack.Up();
        var roles = (await stack.Status())!["roles"]!.AsArray();

        Assert.Equal(["redis", "door", "runtime", "control"], roles.Select(role => (string)role!["name"]!));
        var holders = roles.Where(role => File.ReadAllText($"/proc/{Pid(role!)}/environ").Contains("sk-canary", StringComparison.Ordinal)).Select(role => (string)role!["name"]!);
        Assert.Equal(["door"], holders);
        Assert.DoesNotContain("sk-canary", string.Concat(Directory.EnumerateFiles(Path.Combine(stack.Data, "logs")).Select(File.ReadAllText)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_usage_error_names_the_help_and_exits_2()
    {
        await using var stack = new OwnStack();

        await Refused(stack, "usage", 2, "up", "--sideways", "--json");
        await Refused(stack, "usage", 2, "ask", "--json", "--nope", "hi");
        await Refused(stack, "usage", 2, "show", "--json", "--nope");
        await Refused(stack, "usage", 2, "runs", "--json", "-n", "0");
        Assert.Contains("no option --nope", (await stack.Vexa("ask", "--nope", "hi")).Errors, StringComparison.Ordinal);
        Assert.Contains("no whole number", (await stack.Vexa("ask", "--idle", "abc", "hi")).Errors, StringComparison.Ordinal);
        Assert.Contains("such as 127.0.0.1:", (await stack.Vexa("up", "--listen", "garbage")).Errors, StringComparison.Ordinal);
        var (exit, output, errors) = await stack.Vexa("fly");
        Assert.Equal((2, ""), (exit, output));
        Assert.Contains("mend:", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broken_runner_file_is_told_by_its_name()
    {
        await using var stack = new OwnStack();
        Directory.CreateDirectory(Path.Combine(stack.Data, "runners"));
        await File.WriteAllTextAsync(Path.Combine(stack.Data, "runners", "broken.json"), "{", TestContext.Current.CancellationToken);

        await Refused(stack, "runner-definition", 3, "image", "build", "--json");
        Assert.Contains("broken.json", (await stack.Vexa("image", "build")).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_nobody_expected_is_told_in_a_line_and_its_stack_trace_only_where_asked_for()
    {
        await using var stack = new OwnStack();
        var inTheWay = Path.Combine(stack.Data, "stack.json");
        Directory.CreateDirectory(inTheWay);

        await Refused(stack, "unexpected", 1, "status", "--json");
        Assert.DoesNotContain("   at ", (await stack.Vexa("status")).Errors, StringComparison.Ordinal);
        stack.Settings["VEXA_DEBUG"] = "1";
        Assert.Contains("   at Vexa.Cli", (await stack.Vexa("status")).Errors, StringComparison.Ordinal);
        Directory.Delete(inTheWay);
    }

    private static async Task Refused(OwnStack stack, string rule, int exit, params string[] arguments)
    {
        var answer = await stack.Vexa(arguments);
        Assert.True(answer.Exit == exit, answer.Output + answer.Errors);
        var failure = JsonNode.Parse(answer.Output)!;
        Assert.Equal(rule, (string?)failure["rule"]);
        Assert.False(string.IsNullOrWhiteSpace((string?)failure["mend"]));
    }

    private static async Task<string> Redis(OwnStack stack, string command)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(stack.Run, "redis.sock")), TestContext.Current.CancellationToken);
        await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes(command), TestContext.Current.CancellationToken);
        var answer = new byte[8192];
        return System.Text.Encoding.ASCII.GetString(answer, 0, await socket.ReceiveAsync(answer, TestContext.Current.CancellationToken));
    }

    private static int Pid(JsonNode role) => (int?)role["process"]?["pid"] ?? 0;

    private static void Kill(int pid, int signal) => Libc.Kill(pid, signal);
}
