using System.Collections.Concurrent;

namespace OtelOrleans.Sql.Rollups;

/// <summary>
/// Which span names of a service are told apart: the first so many, and those among them that go on being used. Names that are not seen for one to two hours give up their
/// place, and so do services. In the memory of one silo: where an aggregator moves, its names begin anew. Thread safe.
/// </summary>
internal sealed class RollupNames(int maxPerService, TimeProvider time)
{
    private static readonly TimeSpan Generation = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<byte[], ServiceNames> _services = new(Utf8Comparer.Instance);
    private readonly Lock _rotation = new();
    private long _rotated = time.GetTimestamp();

    /// <summary>Whether the name has, or gets, a place.</summary>
    public bool Has(ReadOnlySpan<byte> service, ReadOnlySpan<byte> name)
    {
        RotateWhenDue();
        var services = _services.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (!services.TryGetValue(service, out var names))
            names = _services.GetOrAdd(service.ToArray(), _ => new());
        return names.Has(name, maxPerService);
    }

    private void RotateWhenDue()
    {
        if (time.GetElapsedTime(Volatile.Read(ref _rotated)) < Generation)
            return;
        lock (_rotation)
        {
            if (time.GetElapsedTime(_rotated) < Generation)
                return;
            Volatile.Write(ref _rotated, time.GetTimestamp());
            foreach (var (service, names) in _services)
            {
                if (!names.Rotate())
                    _services.TryRemove(service, out _);
            }
        }
    }

    private sealed class ServiceNames
    {
        private readonly Lock _lock = new();
        private HashSet<byte[]> _young = new(Utf8Comparer.Instance);
        private HashSet<byte[]> _old = new(Utf8Comparer.Instance);

        // In either of them.
        private int _known;

        public bool Has(ReadOnlySpan<byte> name, int max)
        {
            lock (_lock)
            {
                var young = _young.GetAlternateLookup<ReadOnlySpan<byte>>();
                if (young.Contains(name))
                    return true;
                if (!_old.GetAlternateLookup<ReadOnlySpan<byte>>().Contains(name))
                {
                    if (_known >= max)
                        return false;
                    _known++;
                }

                return young.Add(name);
            }
        }

        /// <summary>Forgets what was not asked for since the rotation before; false if nothing is left.</summary>
        public bool Rotate()
        {
            lock (_lock)
            {
                (_old, _young) = (_young, new(Utf8Comparer.Instance));
                _known = _old.Count;
                return _known > 0;
            }
        }
    }
}
