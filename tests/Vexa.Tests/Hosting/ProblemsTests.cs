using Microsoft.AspNetCore.Http;
using Vexa.Hosting;

namespace Vexa.Tests.Hosting;

public sealed class ProblemsTests
{
    [Fact]
    public void A_chunk_whose_size_is_beyond_all_numbers_is_the_callers_fault()
    {
        var failure = Problems.AsFailure(new IOException("Bad chunk size data.", new OverflowException()));

        Assert.Equal((Party.Caller, "bad-request", 400), (failure.Party, failure.Rule, Problems.StatusOf(failure)));
    }

    [Fact]
    public void A_body_that_comes_too_slowly_keeps_its_status() =>
        Assert.Equal(408, Problems.StatusOf(Problems.AsFailure(new BadHttpRequestException("slow", 408))));

    [Fact]
    public void What_nobody_knows_is_our_own_fault_and_says_nothing_of_it()
    {
        var failure = Problems.AsFailure(new IOException("/secret/path"));

        Assert.Equal((Party.Vexa, 500), (failure.Party, Problems.StatusOf(failure)));
        Assert.DoesNotContain("secret", failure.Message + failure.Hint, StringComparison.Ordinal);
    }
}
