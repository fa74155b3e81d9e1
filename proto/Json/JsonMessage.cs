using System.Runtime.CompilerServices;
using System.Text;

namespace OtelOrleans.Proto.Json;

/// <summary>The fields of a message, found by name without making a string of it.</summary>
internal sealed class JsonMessage
{
    /// <summary>The most fields that a message has: those of <c>Span</c>.</summary>
    public const int MaxFields = 16;

    // A power of two, four times the names of the largest message: two for each field.
    private const int SlotCount = 128;

    // The upper 7 bits of a product depend on all bits of its factors.
    private const int SlotShift = 32 - 7;

    // 2^32 divided by it: the usual multiplier for spreading, odd, and so are its odd multiples.
    private const uint GoldenRatio = 0x9E3779B1;

    private const uint MaxTries = 10_000;

    private readonly (byte[] Name, JsonField Field)[] _slots = new (byte[], JsonField)[SlotCount];
    private (byte[] Name, JsonField Field)[] _fields = [];
    private uint _multiplier = GoldenRatio;

    /// <summary>A message with these fields.</summary>
    public JsonMessage(params IReadOnlyList<JsonField> fields) => Define(fields);

    /// <summary>A message of few bytes as a rule: one byte is set aside for its length.</summary>
    public bool IsShort { get; init; }

    /// <summary>In the order of the table.</summary>
    public IReadOnlyList<JsonField> Fields { get; private set; } = [];

    /// <summary>Gives a message its fields after the fact: the way to one that contains itself.</summary>
    public void Define(params IReadOnlyList<JsonField> fields)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(fields.Count, MaxFields);
        Fields = fields;
        _fields = [.. fields.Select(f => (Encoding.UTF8.GetBytes(f.Name), f))];
        for (var i = 0; i < fields.Count; i++)
        {
            fields[i].Index = i;
        }

        // Some multiplier gives every name a slot of its own, so that finding one takes one comparison. A few dozen are tried; the tables are what they are, so it never fails
        // where the tests have passed.
        for (var tries = 0u; !TryFill(fields); tries++)
        {
            _multiplier = unchecked(GoldenRatio * (2 * tries + 3));
            if (tries > MaxTries)
            {
                throw new InvalidOperationException($"The names of the message with {fields[0].Name} cannot be told apart by length and three letters.");
            }
        }
    }

    /// <summary>
    /// The field of that name, in camel case or as the schema has it; null if there is none. Senders write fields in an order, often that of the schema: the expected one is tried
    /// first, since the processor then need not wait for the name to know where to go on (8 % of the whole).
    /// </summary>
    /// <param name="name">Without quotes and escapes.</param>
    /// <param name="expected">Index of a field that it could be; any number will do.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public JsonField? Find(ReadOnlySpan<byte> name, int expected = 0)
    {
        var fields = _fields;
        if ((uint)expected < (uint)fields.Length && name.SequenceEqual(fields[expected].Name))
        {
            return fields[expected].Field;
        }

        return Lookup(name);
    }

    private JsonField? Lookup(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty)
        {
            return null;
        }

        ref readonly var slot = ref _slots[SlotOf(name)];
        return name.SequenceEqual(slot.Name) ? slot.Field : null;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint SlotOf(ReadOnlySpan<byte> name) =>
        (((uint)name.Length | (uint)name[0] << 8 | (uint)name[name.Length >>> 1] << 16 | (uint)name[^1] << 24) * _multiplier) >> SlotShift;

    private bool TryFill(IReadOnlyList<JsonField> fields)
    {
        Array.Clear(_slots);
        foreach (var field in fields)
        {
            foreach (var name in new[] { field.Name, field.SchemaName }.Distinct())
            {
                var utf8 = Encoding.UTF8.GetBytes(name);
                ref var slot = ref _slots[SlotOf(utf8)];
                if (slot.Name is not null)
                {
                    return false;
                }

                slot = (utf8, field);
            }
        }

        return true;
    }
}
