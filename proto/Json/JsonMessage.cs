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

    private readonly (byte[] Name, JsonField Field)[] _slots = new (byte[], JsonField)[SlotCount];

    /// <summary>A message with these fields.</summary>
    public JsonMessage(params IReadOnlyList<JsonField> fields) => Define(fields);

    /// <summary>In the order of the table.</summary>
    public IReadOnlyList<JsonField> Fields { get; private set; } = [];

    /// <summary>Gives a message its fields after the fact: the way to one that contains itself.</summary>
    public void Define(params IReadOnlyList<JsonField> fields)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(fields.Count, MaxFields);
        Fields = fields;
        for (var i = 0; i < fields.Count; i++)
        {
            fields[i].Index = i;
            Add(fields[i].Name, fields[i]);
            if (fields[i].SchemaName != fields[i].Name)
            {
                Add(fields[i].SchemaName, fields[i]);
            }
        }
    }

    /// <summary>The field of that name, in camel case or as the schema has it; null if there is none.</summary>
    public JsonField? Find(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty)
        {
            return null;
        }

        for (var slot = SlotOf(name); ; slot = (slot + 1) % SlotCount)
        {
            var (known, field) = _slots[slot];
            if (known is null || name.SequenceEqual(known))
            {
                return field;
            }
        }
    }

    // Length, first, middle and last letter tell nearly all names of a message apart.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int SlotOf(ReadOnlySpan<byte> name) => (name.Length * 7 + name[0] * 31 + name[name.Length / 2] * 3 + name[^1]) % SlotCount;

    private void Add(string name, JsonField field)
    {
        var utf8 = Encoding.UTF8.GetBytes(name);
        var slot = SlotOf(utf8);
        while (_slots[slot].Name is not null)
        {
            slot = (slot + 1) % SlotCount;
        }

        _slots[slot] = (utf8, field);
    }
}
