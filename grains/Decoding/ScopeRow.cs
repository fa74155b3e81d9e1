using System.Buffers;
using OtelOrleans.Proto;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Grains.Decoding;

/// <summary>From an <c>InstrumentationScope</c> to a row of <c>scopes</c>.</summary>
internal static class ScopeRow
{
    /// <summary>
    /// Reads the message. The row's id is the hash of the canonical encoding of a <c>ScopeSpans</c> that holds just the scope and its schema URL; <c>lossless</c>, where it is
    /// needed, is such a <c>ScopeSpans</c> with the scope as it came.
    /// </summary>
    public static ScopeEntry Create(ReadOnlySpan<byte> message, ReadOnlySpan<byte> schemaUrl, ValueLimits limits)
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
        CanonicalEncoding.WriteAttributes(scope, ScopeFields.Attributes, message, ScopeFields.Attributes);
        CanonicalEncoding.WriteVarintField(scope, ScopeFields.DroppedAttributesCount, droppedAttributes);
        var id = CanonicalEncoding.IdOf(CanonicalEncoding.Envelope(scope.WrittenSpan, schemaUrl));

        using var row = new CopyRowBuffer();
        row.BeginRow(CopyLayouts.Scopes);
        row.WriteInt64(id);
        row.WriteText(name);
        row.WriteTextOrNull(version);
        row.WriteTextOrNull(schemaUrl);
        row.WriteInt64(droppedAttributes);
        AttributeJson.WriteColumn(row, message, ScopeFields.Attributes, limits);
        row.WriteLossless(CanonicalEncoding.Envelope(message, schemaUrl));
        return new(Dimension.Of(id, CopyLayouts.Scopes, row));
    }
}
