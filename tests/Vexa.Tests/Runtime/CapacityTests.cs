using FsCheck;
using FsCheck.Fluent;
using Vexa.Runtime;
using Vexa.Runtime.Workloads;

namespace Vexa.Tests.Runtime;

public sealed class CapacityTests
{
    private readonly FakeTime _time = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public void Whatever_comes_and_goes_each_gets_the_place_that_is_its_turn_and_nobody_more() => Prop.ForAll(Stories.ToArbitrary(), story =>
    {
        var capacity = Capacity(story.Workloads, story.PerSubject, story.Queued);
        var arrived = new List<Guest>();
        foreach (var (what, number) in story.Steps)
        {
            var subject = $"s{number % 3}";
            if (what == Step.Arrive)
            {
                var refused = !HasRoom(subject) && (Waiting() >= story.Queued || Waiting(subject) >= story.PerSubject);
                Assert.Equal(refused, Record.Exception(() => capacity.RequireRoom(subject)) is VexaException { Status: 429 });
                if (refused)
                    Assert.Equal(429, Assert.Throws<VexaException>(() => capacity.Take(subject)).Status);
                else
                    arrived.Add(new Guest(subject, capacity.Take(subject)) { State = HasRoom(subject) ? State.Lives : State.Waits });
            }
            else if (arrived.Count > 0)
            {
                // Who waits may leave too, and who has left may leave again.
                var leaving = arrived[number % arrived.Count];
                leaving.Place.Dispose();
                var lived = leaving.State == State.Lives;
                leaving.State = State.Left;
                if (lived && arrived.FirstOrDefault(guest => guest.State == State.Waits && HasRoom(guest.Subject)) is { } next)
                    next.State = State.Lives;
            }

            Assert.All(arrived.Where(guest => guest.State != State.Left), guest => Assert.Equal(guest.State == State.Lives, guest.Place.Admitted.Task.IsCompleted));
            Assert.True(Living() <= story.Workloads);
            Assert.All(arrived, guest => Assert.True(Living(guest.Subject) <= story.PerSubject));
            // Nobody waits who could live.
            Assert.DoesNotContain(arrived, guest => guest.State == State.Waits && HasRoom(guest.Subject));
        }

        int Waiting(string? subject = null) => arrived.Count(guest => guest.State == State.Waits && (subject is null || guest.Subject == subject));
        int Living(string? subject = null) => arrived.Count(guest => guest.State == State.Lives && (subject is null || guest.Subject == subject));
        bool HasRoom(string subject) => Living() < story.Workloads && Living(subject) < story.PerSubject;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public async Task Nobody_waits_behind_a_subject_that_has_enough()
    {
        var capacity = Capacity(workloads: 3, perSubject: 2);
        capacity.Take("ann");
        using var hers = capacity.Take("ann");
        var third = capacity.Take("ann");
        Assert.False(third.Admitted.Task.IsCompleted);

        await capacity.Take("bob").Turn(Ct).WaitAsync(TimeSpan.FromSeconds(5), Ct);
        Assert.False(third.Admitted.Task.IsCompleted);
        hers.Dispose();
        await third.Turn(Ct).WaitAsync(TimeSpan.FromSeconds(5), Ct);
    }

    [Fact]
    public void One_subject_leaves_room_in_the_queue_for_the_others()
    {
        var capacity = Capacity(workloads: 1, perSubject: 3, queued: 64);
        capacity.Take("bob");
        for (var i = 0; i < 3; i++)
            capacity.Take("ann");

        var full = Assert.Throws<VexaException>(() => capacity.Take("ann"));
        Assert.Equal((429, "subject-full"), (full.Status, full.Rule));
        Assert.StartsWith("3 containers wait for you", full.Message, StringComparison.Ordinal);
        capacity.RequireRoom("cleo");
        Assert.False(capacity.Take("cleo").Admitted.Task.IsCompleted);
    }

    [Fact]
    public async Task Many_that_come_and_go_at_once_never_have_more_places_than_there_are()
    {
        var capacity = Capacity(workloads: 5, perSubject: 3, queued: 10_000);
        int now = 0, most = 0;
        var bySubject = new int[4];
        var mostOfOne = 0;
        await Task.WhenAll(Enumerable.Range(0, 400).Select(number => Task.Run(async () =>
        {
            using var place = await Come($"s{number % 4}");
            if (number % 7 == 0)
            {
                // One of these is admitted at the very moment in which it leaves.
                using var soon = new CancellationTokenSource();
                var turn = place.Turn(soon.Token);
                await soon.CancelAsync();
                await Record.ExceptionAsync(() => turn);
                return;
            }

            await place.Turn(Ct);
            Raise(ref most, Interlocked.Increment(ref now));
            Raise(ref mostOfOne, Interlocked.Increment(ref bySubject[number % 4]));
            await Task.Yield();
            Interlocked.Decrement(ref bySubject[number % 4]);
            Interlocked.Decrement(ref now);
        }, Ct))).WaitAsync(TimeSpan.FromSeconds(30), Ct);

        Assert.InRange(most, 1, 5);
        Assert.InRange(mostOfOne, 1, 3);
        // All were given back: five more find room at once.
        Assert.All(Enumerable.Range(0, 5), number => Assert.True(capacity.Take($"t{number}").Admitted.Task.IsCompleted));
        Assert.False(capacity.Take("t6").Admitted.Task.IsCompleted);

        // Whoever finds too many of its own waiting asks again.
        async Task<Capacity.Place> Come(string subject)
        {
            while (true)
            {
                try
                {
                    return capacity.Take(subject);
                }
                catch (VexaException full) when (full.Rule == "subject-full")
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, Ct);
                }
            }
        }
    }

    [Fact]
    public async Task Whoever_waits_too_long_is_told_when_to_ask_again_and_leaves_the_queue()
    {
        var capacity = Capacity(workloads: 1, perSubject: 1, queued: 1);
        using var living = capacity.Take("ann");
        using var waiting = capacity.Take("bob");
        var turn = waiting.Turn(Ct);
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.False(turn.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));

        var full = await Assert.ThrowsAsync<VexaException>(() => turn);
        Assert.Equal((429, "node-full", TimeSpan.FromSeconds(10)), (full.Status, full.Rule, full.RetryAfter));
        // Its place in the queue is another's now, who gets the container's.
        using var next = capacity.Take("cleo");
        living.Dispose();
        Assert.True(next.Admitted.Task.IsCompleted);
        Assert.False(waiting.Admitted.Task.IsCompleted);
    }

    [Fact]
    public void A_subject_that_has_enough_is_told_so_even_where_the_node_is_full()
    {
        var capacity = Capacity(workloads: 1, perSubject: 1, queued: 0);
        capacity.Take("ann");
        Assert.Equal("subject-full", Assert.Throws<VexaException>(() => capacity.Take("ann")).Rule);
        Assert.Equal("node-full", Assert.Throws<VexaException>(() => capacity.Take("bob")).Rule);
    }

    [Theory]
    [InlineData(0, 16, 1)]
    [InlineData(4, 16, 4)]
    [InlineData(60, 16, 60)]
    [InlineData(200, 4, 200)]
    [InlineData(4, 0, 10)]
    [InlineData(4, 1, 10)]
    public void The_time_to_wait_follows_how_fast_places_became_free(int secondsBetween, int releases, int expected)
    {
        var capacity = Capacity(workloads: 1, perSubject: 1, queued: 0);
        for (var i = 0; i < releases; i++)
        {
            capacity.Take("ann").Dispose();
            _time.Advance(TimeSpan.FromSeconds(secondsBetween));
        }

        capacity.Take("ann");
        var wait = Assert.Throws<VexaException>(() => capacity.RequireRoom("bob")).RetryAfter!.Value;
        Assert.InRange(wait.TotalSeconds, expected * 0.5, expected * 1.5);
        Assert.InRange(wait, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5));
    }

    [Fact]
    public void How_it_went_before_a_quiet_night_tells_nothing_of_the_morning()
    {
        var capacity = Capacity(workloads: 1, perSubject: 1, queued: 0);
        for (var i = 0; i < 5; i++)
            capacity.Take("ann").Dispose();
        _time.Advance(TimeSpan.FromHours(8));

        capacity.Take("ann");
        Assert.Equal(TimeSpan.FromSeconds(10), Assert.Throws<VexaException>(() => capacity.RequireRoom("bob")).RetryAfter);
    }

    [Fact]
    public void What_runs_already_takes_its_place_though_there_is_none_and_what_ended_takes_none()
    {
        var capacity = Capacity(workloads: 1, perSubject: 1);
        capacity.TakeNone("ann").Dispose();
        using var first = capacity.TakeRegardless("ann");
        using var second = capacity.TakeRegardless("ann");
        using var waiting = capacity.Take("bob");
        first.Dispose();
        Assert.False(waiting.Admitted.Task.IsCompleted);
        second.Dispose();
        Assert.True(waiting.Admitted.Task.IsCompleted);
    }

    private Capacity Capacity(int workloads, int perSubject, int queued = 64) => new(new RuntimeOptions
    {
        RunFolder = "/nowhere",
        ImagesFolder = "/nowhere",
        MaxWorkloads = workloads,
        MaxPerSubject = perSubject,
        MaxQueued = queued,
    }, _time);

    private static void Raise(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); value > seen; seen = Volatile.Read(ref most))
            Interlocked.CompareExchange(ref most, value, seen);
    }

    private static Gen<Story> Stories =>
        from workloads in Gen.Choose(1, 5)
        from perSubject in Gen.Choose(1, 4)
        from queued in Gen.Choose(0, 4)
        from steps in Gen.Zip(Gen.Elements(Step.Arrive, Step.Arrive, Step.Leave), Gen.Choose(0, 1000)).ArrayOf()
        select new Story(workloads, perSubject, queued, steps);

    private enum Step { Arrive, Leave }

    private enum State { Waits, Lives, Left }

    private sealed record Story(int Workloads, int PerSubject, int Queued, (Step, int)[] Steps);

    private sealed class Guest(string subject, Capacity.Place place)
    {
        public string Subject => subject;

        public Capacity.Place Place => place;

        public State State { get; set; }
    }
}
