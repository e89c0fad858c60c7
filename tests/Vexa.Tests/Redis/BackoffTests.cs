using Vexa.Redis;

namespace Vexa.Tests.Redis;

public class BackoffTests
{
    [Fact]
    public void The_first_try_is_immediate_and_the_delays_grow_to_a_bound()
    {
        var backoff = new Backoff();
        Assert.Equal(TimeSpan.Zero, backoff.Next());
        for (var longest = Backoff.First; longest < Backoff.Longest; longest *= 2)
            Assert.InRange(backoff.Next(), longest / 2, longest);
        for (var i = 0; i < 1000; i++)
            Assert.InRange(backoff.Next(), Backoff.Longest / 2, Backoff.Longest);
        backoff.Reset();
        Assert.Equal(TimeSpan.Zero, backoff.Next());
    }
}
