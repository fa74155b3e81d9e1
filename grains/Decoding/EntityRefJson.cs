using OtelOrleans.Proto;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Grains.Decoding;

/// <summary>The column <c>resources.entity_refs</c>: which of a resource's attributes identify and which describe an entity.</summary>
internal static class EntityRefJson
{
    /// <summary>Writes <c>[{"type": "host", "id_keys": ["host.id"], "description_keys": [], "schema_url": ""}]</c>, or NULL if there are none.</summary>
    /// <param name="row">Where to.</param>
    /// <param name="fields">Fields of a <c>Resource</c>, the references and nothing else.</param>
    /// <param name="limits">What is cut off.</param>
    public static void WriteColumn(CopyRowBuffer row, ReadOnlySpan<byte> fields, ValueLimits limits)
    {
        if (fields.IsEmpty)
        {
            row.WriteNull();
            return;
        }

        var column = row.BeginJsonb();
        row.WriteRaw((byte)'[');
        var isFirst = true;
        var reader = new WireReader(fields);
        while (!reader.AtEnd)
        {
            reader.ReadTag();
            if (!row.TryCountList(limits.MaxLists))
            {
                row.MarkLossy(CopyLosses.TooManyLists);
                break;
            }

            if (!isFirst)
            {
                row.WriteRaw((byte)',');
            }

            Write(row, reader.ReadBytes());
            isFirst = false;
        }

        row.WriteRaw((byte)']');
        row.EndColumn(column);
    }

    private static void Write(CopyRowBuffer row, ReadOnlySpan<byte> message)
    {
        row.WriteRaw("{\"type\":"u8);
        row.WriteJsonString(Last(message, EntityRefFields.Type));
        row.WriteRaw(",\"id_keys\":["u8);
        WriteAll(row, message, EntityRefFields.IdKeys);
        row.WriteRaw("],\"description_keys\":["u8);
        WriteAll(row, message, EntityRefFields.DescriptionKeys);
        row.WriteRaw("],\"schema_url\":"u8);
        row.WriteJsonString(Last(message, EntityRefFields.SchemaUrl));
        row.WriteRaw((byte)'}');
    }

    private static void WriteAll(CopyRowBuffer row, ReadOnlySpan<byte> message, uint wanted)
    {
        var isFirst = true;
        var reader = new WireReader(message);
        while (!reader.AtEnd)
        {
            var tag = reader.ReadTag();
            if (tag != wanted)
            {
                reader.Skip(tag);
                continue;
            }

            if (!isFirst)
            {
                row.WriteRaw((byte)',');
            }

            row.WriteJsonString(reader.ReadBytes());
            isFirst = false;
        }
    }

    private static ReadOnlySpan<byte> Last(ReadOnlySpan<byte> message, uint wanted)
    {
        ReadOnlySpan<byte> last = default;
        var reader = new WireReader(message);
        while (!reader.AtEnd)
        {
            var tag = reader.ReadTag();
            if (tag == wanted)
            {
                last = reader.ReadBytes();
            }
            else
            {
                reader.Skip(tag);
            }
        }

        return last;
    }
}
