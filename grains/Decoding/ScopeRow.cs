using System.Buffers;
using OtelOrleans.Proto;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Grains.Decoding;

/// <summary>From an <c>InstrumentationScope</c> to a row of <c>scopes</c>.</summary>
internal static class ScopeRow
{
    /// <summary>
    /// Reads the message. The row's id is the hash of the canonical encoding of a <c>ScopeSpans</c> that holds just the scope and its schema URL.
    /// </summary>
    public static ScopeEntry Create(ReadOnlySpan<byte> message, ReadOnlySpan<byte> schemaUrl)
    {
        ReadOnlySpan<byte> name = default, version = default;
        uint droppedAttributes = 0;
        var reader = new WireReader(message);
        while (!reader.AtEnd)
        {
            var tag = reader.ReadTag();
            switch (tag)
            {
                case ScopeFields.Name:
                    name = reader.ReadBytes();
                    break;
                case ScopeFields.Version:
                    version = reader.ReadBytes();
                    break;
                case ScopeFields.DroppedAttributesCount:
                    droppedAttributes = reader.ReadUInt32();
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }

        var scope = new ArrayBufferWriter<byte>();
        CanonicalEncoding.WriteBytesField(scope, ScopeFields.Name, name);
        CanonicalEncoding.WriteBytesField(scope, ScopeFields.Version, version);
        var isRepeated = CanonicalEncoding.WriteAttributes(scope, ScopeFields.Attributes, message, ScopeFields.Attributes);
        CanonicalEncoding.WriteVarintField(scope, ScopeFields.DroppedAttributesCount, droppedAttributes);
        var canonical = new ArrayBufferWriter<byte>();
        CanonicalEncoding.WriteBytesField(canonical, ScopeItemsFields.Scope, scope.WrittenSpan);
        CanonicalEncoding.WriteBytesField(canonical, ScopeItemsFields.SchemaUrl, schemaUrl);
        var id = CanonicalEncoding.IdOf(canonical.WrittenSpan);

        using var row = new CopyRowBuffer();
        row.BeginRow(CopyLayouts.Scopes);
        row.WriteInt64(id);
        row.WriteText(name);
        row.WriteTextOrNull(version);
        row.WriteTextOrNull(schemaUrl);
        row.WriteInt64(droppedAttributes);
        AttributeJson.WriteColumn(row, message, ScopeFields.Attributes);
        if (isRepeated)
        {
            row.MarkLossy();
        }

        row.WriteLossless(message);
        return new(new(id, CopyLayouts.Scopes.Id, row.Written.ToArray()));
    }
}
