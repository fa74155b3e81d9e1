using System.Buffers;
using OtelOrleans.Proto;
using OtelOrleans.Sql.Copy;

namespace OtelOrleans.Grains.Decoding;

/// <summary>From a <c>Resource</c> to a row of <c>resources</c>.</summary>
internal static class ResourceRow
{
    /// <summary>
    /// Reads the message. The row's id is the hash of the canonical encoding of a <c>ResourceSpans</c> that holds just the resource and its schema URL.
    /// <c>lossless</c>, where it is needed, is such a <c>ResourceSpans</c> with the resource as it came.
    /// </summary>
    public static ResourceEntry Create(ReadOnlySpan<byte> message, ReadOnlySpan<byte> schemaUrl, ValueLimits limits)
    {
        ReadOnlySpan<byte> serviceName = default, serviceNamespace = default, instanceId = default;
        uint droppedAttributes = 0;
        var entityRefs = new ArrayBufferWriter<byte>();
        var reader = new WireReader(message);
        while (!reader.AtEnd)
        {
            var tag = reader.ReadTag();
            switch (tag)
            {
                case ResourceFields.Attributes:
                    var attribute = KeyValueView.Read(reader.ReadBytes());
                    if (attribute.Key.SequenceEqual("service.name"u8))
                    {
                        serviceName = StringOf(attribute.Value);
                    }
                    else if (attribute.Key.SequenceEqual("service.namespace"u8))
                    {
                        serviceNamespace = StringOf(attribute.Value);
                    }
                    else if (attribute.Key.SequenceEqual("service.instance.id"u8))
                    {
                        instanceId = StringOf(attribute.Value);
                    }

                    break;
                case ResourceFields.DroppedAttributesCount:
                    droppedAttributes = reader.ReadUInt32();
                    break;
                case ResourceFields.EntityRefs:
                    CanonicalEncoding.WritePresent(entityRefs, tag, CanonicalEntityRef(reader.ReadBytes()));
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }

        var canonical = new ArrayBufferWriter<byte>();
        CanonicalEncoding.WriteAttributes(canonical, ResourceFields.Attributes, message, ResourceFields.Attributes);
        CanonicalEncoding.WriteVarintField(canonical, ResourceFields.DroppedAttributesCount, droppedAttributes);
        canonical.Write(entityRefs.WrittenSpan);
        var id = CanonicalEncoding.IdOf(CanonicalEncoding.Envelope(canonical.WrittenSpan, schemaUrl));
        var name = ServiceNames.Of(serviceName);

        using var row = new CopyRowBuffer();
        row.BeginRow(CopyLayouts.Resources);
        row.WriteInt64(id);
        row.WriteText(name);
        row.WriteTextOrNull(serviceNamespace);
        row.WriteTextOrNull(instanceId);
        row.WriteTextOrNull(schemaUrl);
        row.WriteInt64(droppedAttributes);
        AttributeJson.WriteColumn(row, message, ResourceFields.Attributes, limits);
        EntityRefJson.WriteColumn(row, entityRefs.WrittenSpan, limits);
        row.WriteLossless(CanonicalEncoding.Envelope(message, schemaUrl));
        return new(Dimension.Of(id, CopyLayouts.Resources, row), name, System.Text.Encoding.UTF8.GetBytes(name));
    }

    private static ReadOnlySpan<byte> CanonicalEntityRef(ReadOnlySpan<byte> message)
    {
        ReadOnlySpan<byte> schemaUrl = default, type = default;
        var keys = new ArrayBufferWriter<byte>();
        var descriptions = new ArrayBufferWriter<byte>();
        var reader = new WireReader(message);
        while (!reader.AtEnd)
        {
            var tag = reader.ReadTag();
            switch (tag)
            {
                case EntityRefFields.SchemaUrl:
                    schemaUrl = reader.ReadBytes();
                    break;
                case EntityRefFields.Type:
                    type = reader.ReadBytes();
                    break;
                case EntityRefFields.IdKeys:
                    CanonicalEncoding.WritePresent(keys, tag, reader.ReadBytes());
                    break;
                case EntityRefFields.DescriptionKeys:
                    CanonicalEncoding.WritePresent(descriptions, tag, reader.ReadBytes());
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }

        var output = new ArrayBufferWriter<byte>();
        CanonicalEncoding.WriteBytesField(output, EntityRefFields.SchemaUrl, schemaUrl);
        CanonicalEncoding.WriteBytesField(output, EntityRefFields.Type, type);
        output.Write(keys.WrittenSpan);
        output.Write(descriptions.WrittenSpan);
        return output.WrittenSpan;
    }

    private static ReadOnlySpan<byte> StringOf(ReadOnlySpan<byte> anyValue)
    {
        var value = AnyValueView.Read(anyValue);
        return value.Kind == AnyValueFields.StringValue ? value.Bytes : default;
    }
}
