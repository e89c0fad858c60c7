using Vexa.Cli.Testing;

namespace Vexa.Tests.Cli;

public sealed class TestTallyTests
{
    [Fact]
    public void It_counts_the_suites_and_keeps_what_failed_without_what_others_wrote_meanwhile()
    {
        var tally = new TestTally();
        foreach (var line in """
            2026-11-21T20:12:58.113Z info  Problem: POST /workloads refused: bad-json (400)
                A.Tests.It_is_skipped [SKIP]
                  For a reason.
                A.Tests.It_holds [FAIL]
                  Assert.Equal() Failure: Values differ
            2026-11-21T20:12:58.195Z info  IsolationProof: the walls of Runc stand
                  Stack Trace:
                A.Tests.It_is_skipped_too [SKIP]
                  For another.
              Finished:    A.Tests (ID = '7003')
            === TEST EXECUTION SUMMARY ===
               A.Tests  Total: 186, Errors: 1, Failed: 3, Skipped: 2, Not Run: 0, Time: 2.939s
               B.Tests  Total: 14, Errors: 0, Failed: 0, Skipped: 1, Not Run: 0, Time: 2.939s
            """.Split('\n'))
            tally.Read(line);

        Assert.Equal("193 passed, 4 failed, 3 skipped", tally.ToString());
        Assert.Equal(["    A.Tests.It_holds [FAIL]", "      Assert.Equal() Failure: Values differ", "      Stack Trace:"], tally.Failures);
    }
}
