namespace Vexa.Workspaces;

/// <summary>
/// Merges lists of things that have names: keys of a front matter, sections of a text. Each is merged by itself; one that a side removed
/// goes only where the other side left it as it was.
/// </summary>
internal static class KeyedMerge
{
    /// <param name="merge">Merges one that both sides have; its base is null where both added it. Null is a conflict.</param>
    /// <returns>Null where it is a conflict, and where a name is not unique.</returns>
    public static List<T>? Merge<T>(IReadOnlyList<T> based, IReadOnlyList<T> ours, IReadOnlyList<T> theirs, Func<T, string> nameOf, Func<T, string> textOf, Func<T?, T, T, T?> merge)
        where T : class
    {
        if (ByName(based, nameOf) is not { } b || ByName(ours, nameOf) is not { } o || ByName(theirs, nameOf) is not { } t)
            return null;

        // What one side removed and the other changed.
        if (b.Any(old => o.ContainsKey(old.Key) != t.ContainsKey(old.Key) && textOf(o.GetValueOrDefault(old.Key) ?? t[old.Key]) != textOf(old.Value)))
            return null;

        var settled = new Dictionary<string, T>(StringComparer.Ordinal);
        foreach (var (name, mine) in o.Where(mine => t.ContainsKey(mine.Key)))
        {
            if (merge(b.GetValueOrDefault(name), mine, t[name]) is not { } one)
                return null;

            settled[name] = one;
        }

        if (Order(Names(based), Names(ours), Names(theirs)) is not { } spine)
            return null;

        var (oursAfter, theirsAfter) = (NewAfter(ours, t, b, nameOf), NewAfter(theirs, o, b, nameOf));
        // Where something went and something came, it may be the same thing under another name: then both sides worked on it.
        if (GoneAfter(based, nameOf, settled.ContainsKey, name => o.ContainsKey(name) || t.ContainsKey(name)).Any(place => oursAfter.ContainsKey(place) || theirsAfter.ContainsKey(place)))
            return null;

        var merged = new List<T>();
        foreach (var name in spine.Prepend(""))
        {
            if (name.Length > 0)
                merged.Add(settled[name]);

            merged.AddRange(oursAfter.GetValueOrDefault(name, []));
            merged.AddRange(theirsAfter.GetValueOrDefault(name, []));
        }

        return merged;

        List<string> Names(IEnumerable<T> items) => [.. items.Select(nameOf).Where(settled.ContainsKey)];
    }

    // What neither side has any more, by what it stood behind.
    private static IEnumerable<string> GoneAfter<T>(IReadOnlyList<T> based, Func<T, string> nameOf, Func<string, bool> isThere, Func<string, bool> isAnywhere)
    {
        var last = "";
        foreach (var name in based.Select(nameOf))
            if (isThere(name))
                last = name;
            else if (!isAnywhere(name))
                yield return last;
    }

    private static Dictionary<string, T>? ByName<T>(IReadOnlyList<T> items, Func<T, string> nameOf)
    {
        var byName = new Dictionary<string, T>(StringComparer.Ordinal);
        return items.All(item => byName.TryAdd(nameOf(item), item)) ? byName : null;
    }

    // Of those that both have. Where one side alone has put them in another order, that one.
    private static List<string>? Order(List<string> based, List<string> ours, List<string> theirs) =>
        ours.SequenceEqual(theirs) || theirs.SequenceEqual(based) ? ours : ours.SequenceEqual(based) ? theirs : null;

    // What one side alone has and the base has not, by what it stands behind: the last one before it that both have, or nothing.
    private static Dictionary<string, List<T>> NewAfter<T>(IReadOnlyList<T> items, Dictionary<string, T> other, Dictionary<string, T> based, Func<T, string> nameOf)
    {
        var after = new Dictionary<string, List<T>>(StringComparer.Ordinal);
        var last = "";
        foreach (var item in items)
            if (other.ContainsKey(nameOf(item)))
                last = nameOf(item);
            else if (based.ContainsKey(nameOf(item)))
                continue;
            else if (after.TryGetValue(last, out var there))
                there.Add(item);
            else
                after[last] = [item];

        return after;
    }
}
