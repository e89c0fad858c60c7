using Vexa.Docker.Connection;

namespace Vexa.Tests.Docker;

public sealed class ApiVersionTests
{
    [Theory]
    [InlineData("1.41", "1.12", "1.41")] // Docker 20.10
    [InlineData("1.41", null, "1.41")]
    [InlineData("1.43", "1.12", "1.43")]
    [InlineData("1.44", "1.24", "1.44")]
    [InlineData("1.52", "1.44", "1.44")] // Docker 29.0, which refuses anything older
    [InlineData("1.54", "1.40", "1.44")]
    [InlineData("2.0", "1.41", "1.44")]
    [InlineData("1.40", "1.12", null)] // Docker 19.03
    [InlineData("1.9", "1.1", null)]
    [InlineData("1.60", "1.45", null)]
    [InlineData("1", "1", null)]
    [InlineData("1.-41", "1.12", null)]
    [InlineData("", "", null)]
    [InlineData(null, null, null)]
    public void The_newest_that_both_know_is_spoken_and_what_is_too_old_or_too_new_is_not(string? newest, string? oldest, string? chosen) =>
        Assert.Equal(chosen, ApiVersion.Choose(newest, oldest)?.ToString());
}
