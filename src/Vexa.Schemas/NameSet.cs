namespace Vexa.Schemas;

/// <summary>The names of one object that is a map or free-form: each may come once.</summary>
internal struct NameSet
{
    // Objects have few names, as a rule, and there may be very many objects: a set only where a list would be slow.
    private const int Few = 8;

    private List<string>? _few;
    private HashSet<string>? _many;

    public readonly int Count => _many?.Count ?? _few?.Count ?? 0;

    public bool Add(ref SchemaWalk walk)
    {
        if (!Text.IsSound(ref walk))
            return false;

        var name = walk.Reader.GetString()!;
        return Add(name) || walk.Fail("is there twice");
    }

    private bool Add(string name)
    {
        if (_many is not null)
            return _many.Add(name);

        _few ??= new List<string>(1);
        if (_few.Contains(name))
            return false;

        if (_few.Count < Few)
            _few.Add(name);
        else
            _many = new HashSet<string>(_few, StringComparer.Ordinal) { name };

        return true;
    }
}
