using Vexa.Cli.Stack;

namespace Vexa.Tests.Cli;

public sealed class StackOptionsTests
{
    [Fact]
    public void Nothing_needs_to_be_set()
    {
        var options = Read(("HOME", "/home/ada"));

        Assert.Equal("/home/ada/.local/share/vexa", options.DataFolder);
        Assert.Equal("127.0.0.1:7420", options.Listen.ToString());
        Assert.True(options.Rehearses);
    }

    [Fact]
    public void Two_data_folders_have_two_runtime_folders_on_tmpfs()
    {
        var one = Read(("VEXA_DATA", "/a")).RunFolder;
        var other = Read(("VEXA_DATA", "/b")).RunFolder;

        Assert.NotEqual(one, other);
        Assert.Equal(one, Read(("VEXA_DATA", "/a/")).RunFolder);
        Assert.True(Tmpfs.Holds(one));
    }

    [Fact]
    public void Two_data_folders_have_two_parents_for_their_containers_control_groups()
    {
        var (one, other) = (Read(("VEXA_DATA", "/a")).CgroupParent, Read(("VEXA_DATA", "/b")).CgroupParent);
        Assert.NotEqual(one, other);
        Assert.True(Slug.IsValid(one), one);
    }

    [Fact]
    public void The_longest_runtime_folder_leaves_room_for_the_longest_socket_name()
    {
        var longest = "/" + new string('r', 107 - "/door/".Length - Slug.MaxLength - "/door.sock".Length - 1);

        Assert.Equal(107, $"{Read(("VEXA_RUN", longest)).RunFolder}/door/{new string('d', Slug.MaxLength)}/door.sock".Length);
        Assert.Contains("VEXA_RUN", Refused(("VEXA_RUN", longest + "r")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_faults_are_told_together_and_no_password_with_them()
    {
        var failure = Refused(("VEXA_LISTEN", "everywhere"), ("VEXA_REDIS", "http://:hunter2@x"), ("VEXA_INFERENCE_URL", "ftp://x"));

        Assert.All(["VEXA_LISTEN", "VEXA_REDIS", "VEXA_INFERENCE_URL"], name => Assert.Contains(name, failure.Message, StringComparison.Ordinal));
        Assert.DoesNotContain("hunter2", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("512", 512L * 1024 * 1024)]
    [InlineData("16", 16L * 1024 * 1024)]
    [InlineData("15", null)]
    [InlineData("-512", null)]
    [InlineData("512m", null)]
    [InlineData("99999999999999999999", null)]
    public void The_memory_of_the_private_redis_is_a_number_of_megabytes(string said, long? bytes)
    {
        if (bytes is null)
            Assert.Contains("VEXA_REDIS_MEMORY", Refused(("VEXA_REDIS_MEMORY", said)).Message, StringComparison.Ordinal);
        else
            Assert.Equal(bytes, Read(("VEXA_REDIS_MEMORY", said)).RedisMemory);
    }

    [Fact]
    public void An_option_is_stronger_than_the_variable() =>
        Assert.Equal(8000, StackOptions.From(name => name == "VEXA_LISTEN" ? "127.0.0.1:7000" : null, "127.0.0.1:8000").Listen.Port);

    [Fact]
    public void The_key_is_not_printed_with_the_options() =>
        Assert.DoesNotContain("sk-secret", Read(("ANTHROPIC_API_KEY", "sk-secret")).ToString(), StringComparison.Ordinal);

    private static StackOptions Read(params (string Name, string Value)[] variables) =>
        StackOptions.From(name => variables.FirstOrDefault(v => v.Name == name).Value, listen: null);

    private static VexaException Refused(params (string Name, string Value)[] variables) => Assert.Throws<VexaException>(() => Read(variables));
}
