using System.Diagnostics.CodeAnalysis;
using OtelOrleans.Proto;

namespace OtelOrleans.Grains.Decoding;

/// <summary>
/// Walks a payload down to its items: spans, log records or metrics. The envelope around them has the same field numbers for all three signals. Fields may stand in any order, so
/// each level is walked twice: for what concerns all its items, then for the items.
/// </summary>
internal abstract class SignalDecoder(DimensionCache dimensions, ChunkRows rows)
{
    /// <summary>The resource of the current item.</summary>
    protected ResourceEntry Resource { get; private set; } = null!;

    /// <summary>The scope of the current item.</summary>
    protected ScopeEntry Scope { get; private set; } = null!;

    /// <summary>Where the rows of the current item go.</summary>
    protected ServiceRows Service { get; private set; } = null!;

    /// <summary>What is cut off.</summary>
    protected ValueLimits Limits { get; } = rows.Limits;

    /// <summary>Decodes one payload.</summary>
    public void Decode(ReadOnlySpan<byte> payload)
    {
        BeginPayload();
        var reader = new WireReader(payload);
        while (!reader.AtEnd)
        {
            var tag = reader.ReadTag();
            if (tag == RequestFields.Resources)
            {
                DecodeResource(reader.ReadBytes());
            }
            else
            {
                reader.Skip(tag);
            }
        }
    }

    /// <summary>A payload begins.</summary>
    protected abstract void BeginPayload();

    /// <summary>Whether a part of the payload takes more than one may.</summary>
    protected bool IsTooLarge(int bytes) => bytes > rows.MaxItemBytes;

    /// <summary>Refuses the payload for a part of it that is none of its items.</summary>
    [DoesNotReturn]
    protected static void ThrowTooLarge(string what, int bytes) =>
        throw new RefusedPayloadException(DeadLetterReason.RecordTooLarge, $"A {what} of the payload has {bytes:N0} bytes: see {nameof(DecodingOptions.MaxRecordBytes)}.");

    /// <summary>Decodes a span, log record or metric.</summary>
    protected abstract void DecodeItem(ReadOnlySpan<byte> message);

    private void DecodeResource(ReadOnlySpan<byte> message)
    {
        rows.CountItem();
        _ = CacheLines.Fetch(message);
        var resource = new MergedField(ResourceItemsFields.Resource);
        ReadOnlySpan<byte> schemaUrl = default;
        var reader = new WireReader(message);
        while (!reader.AtEnd)
        {
            var tag = reader.ReadTag();
            switch (tag)
            {
                case ResourceItemsFields.Resource:
                    resource.Add(reader.ReadBytes());
                    break;
                case ResourceItemsFields.SchemaUrl:
                    schemaUrl = reader.ReadBytes();
                    break;
                default:
                    reader.Skip(tag);
                    break;
            }
        }

        var merged = resource.In(message);
        if (IsTooLarge(merged.Length + schemaUrl.Length))
        {
            ThrowTooLarge("resource", merged.Length + schemaUrl.Length);
        }

        Resource = dimensions.Resource(merged, schemaUrl);
        Service = rows.For(Resource.ServiceName);
        reader = new WireReader(message);
        while (!reader.AtEnd)
        {
            var tag = reader.ReadTag();
            if (tag == ResourceItemsFields.Scopes)
            {
                DecodeScope(reader.ReadBytes());
            }
            else
            {
                reader.Skip(tag);
            }
        }
    }

    private void DecodeScope(ReadOnlySpan<byte> message)
    {
        rows.CountItem();
        var scope = new MergedField(ScopeItemsFields.Scope);
        ReadOnlySpan<byte> schemaUrl = default;
        var hasItems = false;
        var reader = new WireReader(message);
        while (!reader.AtEnd)
        {
            var tag = reader.ReadTag();
            switch (tag)
            {
                case ScopeItemsFields.Scope:
                    scope.Add(reader.ReadBytes());
                    break;
                case ScopeItemsFields.SchemaUrl:
                    schemaUrl = reader.ReadBytes();
                    break;
                default:
                    hasItems |= tag == ScopeItemsFields.Items;
                    reader.Skip(tag);
                    break;
            }
        }

        var merged = scope.In(message);
        if (IsTooLarge(merged.Length + schemaUrl.Length))
        {
            ThrowTooLarge("scope", merged.Length + schemaUrl.Length);
        }

        Scope = dimensions.Scope(merged, schemaUrl);
        if (!hasItems)
        {
            return;
        }

        Service.Refer(Resource.Dimension);
        Service.Refer(Scope.Dimension);
        reader = new WireReader(message);
        while (!reader.AtEnd)
        {
            var tag = reader.ReadTag();
            if (tag == ScopeItemsFields.Items)
            {
                rows.CountItem();
                DecodeItem(reader.ReadBytes());
            }
            else
            {
                reader.Skip(tag);
            }
        }
    }
}
