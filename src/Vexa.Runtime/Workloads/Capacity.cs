using Vexa.Contracts;

namespace Vexa.Runtime.Workloads;

/// <summary>
/// How many containers live here at once, on the whole and for each subject. Beyond that a start waits its turn, first come first served,
/// though never behind one whose subject has enough already; and where the queue is full too, or as many of the same subject wait as it may
/// have, it is refused with the time after which it is worth asking again.
/// </summary>
internal sealed class Capacity(RuntimeOptions options, TimeProvider time)
{
    private const int RememberedReleases = 16;
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestHint = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestMemory = TimeSpan.FromMinutes(15);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _bySubject = new(StringComparer.Ordinal);
    private readonly LinkedList<Place> _queue = [];
    private readonly Queue<long> _releases = new();
    private int _taken;

    /// <summary>Throws where a start of this subject would be refused now.</summary>
    /// <exception cref="VexaException">429 <c>node-full</c> or <c>subject-full</c>, with the time to wait.</exception>
    public void RequireRoom(string subject)
    {
        lock (_lock)
            if (!HasRoom(subject) && (_queue.Count >= options.MaxQueued || WaitingOf(subject) >= options.MaxPerSubject))
                throw Full(subject);
    }

    /// <summary>A place, to be waited for by <see cref="Place.Turn"/> and given back by its disposal.</summary>
    /// <exception cref="VexaException">429: there is none, and too many wait for one.</exception>
    public Place Take(string subject)
    {
        lock (_lock)
        {
            RequireRoom(subject);
            var place = new Place(this, subject);
            // Whoever waits could not go on either: a place that becomes free is given away at once.
            if (HasRoom(subject))
                Occupy(place);
            else
                _queue.AddLast(place);

            return place;
        }
    }

    /// <summary>A place for what runs already, whether there is room or not.</summary>
    public Place TakeRegardless(string subject)
    {
        lock (_lock)
        {
            var place = new Place(this, subject);
            Occupy(place);
            return place;
        }
    }

    /// <summary>For what has ended already: no place, which may be given back all the same.</summary>
    public Place TakeNone(string subject) => new(this, subject) { IsGone = true };

    private void Occupy(Place place)
    {
        _taken++;
        _bySubject[place.Subject] = _bySubject.GetValueOrDefault(place.Subject) + 1;
        place.Admitted.SetResult();
    }

    private bool HasRoom(string subject) => _taken < options.MaxWorkloads && _bySubject.GetValueOrDefault(subject) < options.MaxPerSubject;

    private int WaitingOf(string subject) => _queue.Count(place => place.Subject == subject);

    private void Leave(Place place)
    {
        lock (_lock)
        {
            if (place.IsGone)
                return;

            place.IsGone = true;
            if (_queue.Remove(place) || !place.Admitted.Task.IsCompletedSuccessfully)
                return;

            _taken--;
            if (--_bySubject[place.Subject] == 0)
                _bySubject.Remove(place.Subject);
            _releases.Enqueue(time.GetTimestamp());
            if (_releases.Count > RememberedReleases)
                _releases.Dequeue();

            if (_queue.FirstOrDefault(waiting => HasRoom(waiting.Subject)) is { } next)
            {
                _queue.Remove(next);
                Occupy(next);
            }
        }
    }

    private async Task Wait(Place place, CancellationToken ct)
    {
        try
        {
            await place.Admitted.Task.WaitAsync(LongestWait, time, ct);
        }
        catch (TimeoutException)
        {
            lock (_lock)
                if (_queue.Remove(place))
                    throw Full(place.Subject);
        }
    }

    // As long as it took lately until as many places became free as would have to: a guess, but one from this node's own life.
    private TimeSpan RetryAfter()
    {
        // How it went before a quiet time tells nothing of now.
        while (_releases.TryPeek(out var oldest) && time.GetElapsedTime(oldest) > LongestMemory)
            _releases.Dequeue();
        if (_releases.Count < 2)
            return TimeSpan.FromSeconds(10);

        var mean = time.GetElapsedTime(_releases.Peek()) / _releases.Count;
        var guess = mean * (_queue.Count + 1);
        return guess < TimeSpan.FromSeconds(1) ? TimeSpan.FromSeconds(1) : guess < LongestHint ? guess : LongestHint;
    }

    private VexaException Full(string subject)
    {
        if (_bySubject.GetValueOrDefault(subject) >= options.MaxPerSubject)
            return SubjectFull($"{options.MaxPerSubject} containers run for you already, which is as many as one subject may have.");

        return WaitingOf(subject) >= options.MaxPerSubject
            ? SubjectFull($"{options.MaxPerSubject} containers wait for you already, which is as many as one subject may have.")
            : new VexaException(Stage.RuntimeStart, Party.Operator, "node-full", $"{_taken} containers run on this node, which is as many as it takes, and {_queue.Count} more wait.",
                "Try again in a while. VEXA_MAX_WORKLOADS sets the number.")
            { Status = 429, RetryAfter = RetryAfter() };
    }

    private VexaException SubjectFull(string message) => new(Stage.RuntimeStart, Party.Caller, "subject-full", message,
        "Wait until one has ended, or end one: vexa cancel RUN. VEXA_MAX_PER_SUBJECT sets the number.")
    { Status = 429, RetryAfter = RetryAfter() };

    /// <summary>One container's place.</summary>
    internal sealed class Place(Capacity capacity, string subject) : IDisposable
    {
        internal string Subject => subject;

        internal TaskCompletionSource Admitted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal bool IsGone { get; set; }

        /// <summary>Waits until it is this one's turn.</summary>
        /// <exception cref="VexaException">429: that took too long.</exception>
        public Task Turn(CancellationToken ct) => capacity.Wait(this, ct);

        /// <summary>Gives it back, or leaves the queue. A second time does nothing.</summary>
        public void Dispose() => capacity.Leave(this);
    }
}
