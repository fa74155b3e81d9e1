namespace OtelOrleans.Grains.Decoding;

/// <summary>The stretch of a message from the first to the last occurrence of a field.</summary>
internal struct FieldRange
{
    private int _start;
    private int _end;

    /// <summary>Other fields lie within.</summary>
    public bool HasGaps { get; private set; }

    /// <summary>An occurrence, from its tag to its end.</summary>
    public void Extend(int start, int end)
    {
        if (_end == 0)
        {
            _start = start;
        }
        else if (start != _end)
        {
            HasGaps = true;
        }

        _end = end;
    }

    /// <summary>The stretch; empty if the field did not occur.</summary>
    public readonly ReadOnlySpan<byte> Of(ReadOnlySpan<byte> message) => message[_start.._end];
}
